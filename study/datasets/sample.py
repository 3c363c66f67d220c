"""The built-in sample data, for a machine with neither the real data nor a network.

Images: scikit-learn's handwritten digits, scaled up to the size of CIFAR-10. Sentences: Indonesian
reviews put together from the word lists below. Small, easy, and no substitute for the real data.
"""

from __future__ import annotations

from itertools import product

import numpy as np

OPENINGS = ("", "menurut saya ", "jujur saja, ", "kemarin ", "seperti biasa ")

# (what is spoken of, what is good about it, what is bad about it)
OPINIONS = (
    (
        ("ayam bakarnya", "nasi gorengnya", "sambalnya", "sotonya", "martabaknya", "mi ayamnya", "kopinya"),
        ("enak sekali", "lezat dan gurih", "tidak mengecewakan", "bikin ketagihan"),
        ("hambar sekali", "terlalu asin dan dingin", "tidak enak", "bikin sakit perut"),
    ),
    (
        ("pelayannya", "kasirnya", "sopirnya", "petugasnya", "staf hotelnya"),
        ("ramah dan sigap", "sangat membantu", "tidak pernah kasar", "sopan kepada semua tamu"),
        ("kasar dan lambat", "tidak peduli", "tidak ramah", "salah menghitung lalu marah"),
    ),
    (
        ("kamarnya", "tempatnya", "toiletnya", "kolam renangnya", "ruang tunggunya"),
        ("bersih dan nyaman", "luas serta rapi", "tidak bau sama sekali", "sejuk dan terawat"),
        ("kotor dan bau", "sempit serta panas", "tidak bersih sama sekali", "rusak dan berisik"),
    ),
    (
        ("aplikasinya", "pengirimannya", "proses pesannya", "layanan antarnya"),
        ("cepat dan mudah", "tidak pernah terlambat", "lancar dari awal sampai akhir"),
        ("sering macet", "tidak pernah tepat waktu", "lambat dan membingungkan"),
    ),
)
ENDINGS = {
    "positive": ("", ", pasti saya kembali lagi", ", puas dengan harganya"),
    "negative": ("", ", kapok saya ke sini", ", rugi dengan harganya"),
}
FACTS = (
    ("toko itu", "restoran itu", "bank itu", "stasiun ini", "museum ini", "kantor pos", "hotel itu", "pasar ini"),
    (
        "buka pukul delapan pagi",
        "terletak di jalan merdeka",
        "memiliki dua lantai",
        "pindah ke gedung baru",
        "tutup pada hari minggu",
        "menerima pembayaran tunai",
        "berdiri sejak tahun lalu",
        "mengadakan rapat setiap bulan",
    ),
)
PER_SPLIT = {"train": 140, "validation": 30, "test": 70}  # sentences per class: 420, 90, 210


def digits() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """1,797 handwritten digits as images: {split: (x (n, 32, 32, 3) uint8, y (n,) int64)}, split 64:16:20."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    bunch = load_digits()
    gray = np.kron((bunch.images * 15.9375).astype(np.uint8), np.ones((1, 4, 4), np.uint8))  # 0..16 -> 0..255
    images = np.repeat(gray[..., np.newaxis], 3, axis=-1)
    x, x_test, y, y_test = train_test_split(images, bunch.target, test_size=0.2, stratify=bunch.target, random_state=0)
    x_train, x_val, y_train, y_val = train_test_split(x, y, test_size=0.2, stratify=y, random_state=0)
    return {"train": (x_train, y_train), "validation": (x_val, y_val), "test": (x_test, y_test)}


def sentences() -> dict[str, tuple[list[str], list[str]]]:
    """720 distinct sentences: {split: (texts, labels)}, the three classes in equal parts."""
    splits: dict[str, tuple[list[str], list[str]]] = {name: ([], []) for name in PER_SPLIT}
    generator = np.random.default_rng(0)
    for label, texts in _all_sentences().items():
        order = iter(generator.permutation(texts).tolist())
        for split, number in PER_SPLIT.items():
            splits[split][0].extend(next(order) for _ in range(number))
            splits[split][1].extend([label] * number)
    return splits


def _all_sentences() -> dict[str, list[str]]:
    opinions = {
        label: [
            f"{opening}{subject} {words}{ending}"
            for subjects, *good_and_bad in OPINIONS
            for opening, subject, words, ending in product(OPENINGS, subjects, good_and_bad[side], ENDINGS[label])
        ]
        for side, label in enumerate(("positive", "negative"))
    }
    return opinions | {
        "neutral": [f"{opening}{subject} {fact}" for opening, subject, fact in product(OPENINGS, *FACTS)]
    }

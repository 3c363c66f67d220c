// notebooks/try_it.ipynb in a real JupyterLab, as a reader works in it: run all, type a sentence, draw, save.
// node live.mjs CHROMIUM PYTHON [SCREENSHOTS]: prints what was seen, and ends with 1 if anything is wrong.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { chromium } from "playwright-core";

const [executablePath, python, screenshots] = process.argv.slice(2);
const root = resolve(import.meta.dirname, "../..");
const notebook = join(root, "notebooks", "try_it.ipynb");
const own = mkdtempSync(join(tmpdir(), "jupyter-"));
const OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"];
const wrong = [];

const settings = { JUPYTER_CONFIG_PATH: join(root, "study"), JUPYTER_RUNTIME_DIR: join(own, "runtime") };
for (const each of ["SETTINGS", "WORKSPACES"]) settings[`JUPYTERLAB_${each}_DIR`] = join(own, each);
const started = ["-m", "jupyter", "lab", "--no-browser", "--allow-root", "--port=0", "--IdentityProvider.token=token"];
const server = spawn(python, started, { cwd: root, env: { ...process.env, PYTHONPATH: root, ...settings } });
const port = await new Promise((found, failed) => {
  let said = "";
  server.stderr.on("data", (text) => {
    const here = (said += text).match(/http:\/\/127\.0\.0\.1:(\d+)\/lab/);
    if (here) found(here[1]);
  });
  server.on("exit", () => failed(new Error(said)));
});

const browser = await chromium.launch({ executablePath, args: OPTIONS });
try {
  const page = await browser.newPage({ viewport: { width: 1300, height: 1200 } });
  page.on("pageerror", (error) => wrong.push(`script: ${error.message}`));
  await drive(page);
} catch (error) {
  wrong.push(error.message);
}
await browser.close();
server.removeAllListeners("exit").kill();
rmSync(own, { recursive: true, force: true });
wrong.forEach((each) => console.log(`WRONG ${each}`));
process.exit(wrong.length ? 1 : 0);

async function drive(page) {
  const before = readFileSync(notebook);
  await page.goto(`http://127.0.0.1:${port}/lab/tree/notebooks/try_it.ipynb?token=token`);
  await page.locator(".jp-Notebook .jp-CodeCell").first().waitFor({ timeout: 120_000 });
  await page.getByText("Python 3 (ipykernel) | Idle").first().waitFor({ timeout: 120_000 }); // before, it asks for a kernel
  const canvas = page.locator("canvas[aria-label^='draw here']");
  const begun = Date.now();
  await runAll(page).finally(() => shot(page, "menu"));
  await canvas.waitFor({ timeout: 120_000 }).finally(() => shot(page, "ran"));
  console.log(`run all: ${((Date.now() - begun) / 1000).toFixed(1)} s`);

  const tables = page.locator("table[aria-live=polite]");
  const changes = async (what, table, act) => {
    const old = await table.innerText();
    await act();
    for (let n = 0; n < 100 && (await table.innerText()) === old; n++) await page.waitForTimeout(100);
    const now = await table.innerText();
    if (now === old) wrong.push(`${what}: the bars stay as they were`);
    console.log(`${what}: ${now.replace(/\s+/g, " ")}`);
  };
  const typed = page.locator(".jp-OutputArea textarea:visible").first();
  await changes("typed", tables.first(), () => typed.fill("pelayanannya tidak ramah dan makanannya mahal"));
  if (!(await page.getByText("After each word").count())) wrong.push("typed: no word is shown");
  await shot(page, "typed");
  await canvas.scrollIntoViewIfNeeded();
  const box = await canvas.boundingBox();
  await changes("drawn", tables.last(), async () => {
    await page.mouse.move(box.x + 20, box.y + 130);
    await page.mouse.down();
    await page.mouse.move(box.x + 230, box.y + 130, { steps: 10 });
    await page.mouse.up();
  });
  await shot(page, "drawn");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+s");
  await page.waitForTimeout(3000);
  if (!before.equals(readFileSync(notebook))) wrong.push("saved: the notebook is not as it was");
}

// The menu's item is grey until JupyterLab knows the notebook and its kernel: then the menu is opened once more.
async function runAll(page) {
  const item = page.locator(".lm-Menu-item:not(.lm-mod-disabled)[data-command='runmenu:run-all']");
  for (let n = 0; n < 30; n++) {
    await page.getByRole("menuitem", { name: "Run", exact: true }).click();
    if (await item.count()) return item.first().click();
    await page.keyboard.press("Escape");
    await page.waitForTimeout(1000);
  }
  throw new Error("Run All Cells stays grey");
}

async function shot(page, name) {
  if (!screenshots) return;
  mkdirSync(screenshots, { recursive: true });
  await page.screenshot({ path: join(screenshots, `try_it-${name}.png`) });
}

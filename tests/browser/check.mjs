// The pages of a report as readers meet them: narrow and wide, light and dark, by keyboard, without scripts or network.
// node check.mjs CHROMIUM FOLDER [SCREENSHOTS]: prints what was looked at, and ends with 1 if anything is wrong.
import { mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [executablePath, folder, screenshots] = process.argv.slice(2);
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const LARGEST = 6e6; // bytes of a page
const WIDTHS = [360, 800, 1440];
const OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"];
OPTIONS.push("--disable-component-update", "--disable-sync");

const wrong = [];
const browser = await chromium.launch({ executablePath, args: OPTIONS });
for (const name of readdirSync(folder).filter((each) => each.endsWith(".html")).sort()) {
  const file = resolve(folder, name);
  const before = wrong.length;
  if (statSync(file).size > LARGEST) wrong.push(`${name}: ${statSync(file).size} bytes`);
  for (const colorScheme of ["light", "dark"]) await look(file, name, colorScheme);
  await readWithoutScripts(file, name);
  console.log(`${name}: ${statSync(file).size} bytes, widths ${WIDTHS}, light and dark, ${wrong.length - before} faults`);
}
await browser.close();
wrong.forEach((each) => console.log(`WRONG ${each}`));
process.exit(wrong.length ? 1 : 0);

async function look(file, name, colorScheme) {
  const context = await browser.newContext({ colorScheme, offline: true, reducedMotion: "reduce" });
  const page = await context.newPage();
  const tell = (what) => wrong.push(`${name}, ${colorScheme}: ${what}`);
  page.on("console", (message) => message.type() === "error" && tell(`console: ${message.text()}`));
  page.on("pageerror", (error) => tell(`script: ${error.message}`));
  page.on("request", (request) => /^(file|data|blob):/.test(request.url()) || tell(`asks for ${request.url()}`));
  await page.goto(pathToFileURL(file).href);
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    const sideways = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (sideways > 1) tell(`at ${width} px it scrolls sideways by ${sideways} px`);
    for (const each of await page.evaluate(unreachable)) tell(`at ${width} px not to be reached by keyboard: ${each}`);
    await check(page, (what) => tell(`at ${width} px ${what}`));
    if (screenshots) {
      mkdirSync(screenshots, { recursive: true });
      await page.screenshot({ path: join(screenshots, `${name}-${width}-${colorScheme}.png`) });
    }
  }
  for (const each of await page.evaluate(plainFaults)) tell(each);
  for (const each of await page.$$('input[type="range"]')) await slide(page, each, tell);
  for (const each of await page.$$("details > summary")) {
    await each.focus();
    await page.keyboard.press("Enter");
  }
  const shut = await page.evaluate(() => [...document.querySelectorAll("details")].filter((each) => !each.open).length);
  if (shut) tell(`${shut} folded parts do not open`);
  await context.close();
}

// What axe-core finds serious or critical.
async function check(page, tell) {
  await page.evaluate(AXE);
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  for (const each of found.violations.filter(({ impact }) => impact === "serious" || impact === "critical")) {
    tell(`axe ${each.id} (${each.nodes.length} places): ${each.nodes[0].html.slice(0, 160)}`);
  }
}

// A slider moves by keyboard, and what it belongs to changes.
async function slide(page, slider, tell) {
  const state = () =>
    slider.evaluate((each) => {
      const around = each.closest("figure, [data-steps], .screen") ?? each.parentElement;
      return [each.value, [...around.querySelectorAll("*")].map((one) => `${one.hidden}${one.getAttribute("src") ?? ""}${one.className}${one.childElementCount ? "" : one.textContent}`).join()];
    });
  const [value, shown] = await state();
  await slider.focus();
  await page.keyboard.press(value === (await slider.getAttribute("max")) ? "ArrowLeft" : "ArrowRight");
  await page.waitForTimeout(50);
  const [after, then] = await state();
  if (after === value || then === shown) tell(`a slider does nothing: ${await slider.evaluate((each) => each.outerHTML.slice(0, 120))}`);
}

// All that is read stands there with scripts off, too.
async function readWithoutScripts(file, name) {
  const context = await browser.newContext({ javaScriptEnabled: false, offline: true });
  const page = await context.newPage();
  await page.goto(pathToFileURL(file).href);
  if ((await page.locator("main h1").count()) !== 1) wrong.push(`${name}, scripts off: not one title`);
  for (const each of await page.locator(".screen").all()) {
    const seen = (await each.innerText()).trim() || (await each.locator("img:visible, svg:visible").count());
    if (!seen) wrong.push(`${name}, scripts off: a figure is empty`);
  }
  await context.close();
}

// The next two run inside the page.
function unreachable() {
  return [...document.querySelectorAll("main *")]
    .filter((each) => each.scrollWidth > each.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(each).overflowX))
    .filter((each) => each.tabIndex < 0)
    .map((each) => each.outerHTML.slice(0, 100));
}

function plainFaults() {
  const faults = [];
  const images = [...document.images].filter((each) => each.getClientRects().length);
  for (const each of images) {
    if (!each.complete || !each.naturalWidth) faults.push(`an image cannot be seen: ${each.alt}`);
    if (!each.alt.trim()) faults.push(`an image has no text: ${each.outerHTML.slice(0, 80)}`);
  }
  const texts = images.filter((each) => !each.closest(".screen")).map((each) => each.alt); // frames may be alike
  for (const each of new Set(texts.filter((one, n) => texts.indexOf(one) !== n))) faults.push(`two images are told alike: ${each}`);
  const ids = [...document.querySelectorAll("[id]")].map((each) => each.id);
  for (const each of new Set(ids.filter((one, n) => ids.indexOf(one) !== n))) faults.push(`two elements have the id ${each}`);
  for (const each of document.querySelectorAll('a[href^="#"]')) {
    if (!document.getElementById(decodeURIComponent(each.hash.slice(1)))) faults.push(`leads nowhere: ${each.outerHTML}`);
  }
  let level = 0;
  for (const each of document.querySelectorAll("h1, h2, h3, h4, h5, h6")) {
    const next = Number(each.tagName[1]);
    if (next > level + 1) faults.push(`heading out of order: ${each.textContent}`);
    level = next;
  }
  return faults;
}

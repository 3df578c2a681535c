// Links anvil, forge, cast and solc into .tools/bin. Foundry's binaries come from npm (package.json
// pins those for 64-bit Linux; others are fetched at the same version) unless PATH has them; a native
// solc of the pinned version is preferred to npm's.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { delimiter, join, relative } from "node:path";

const bin = ".tools/bin";
const { devDependencies, optionalDependencies } = JSON.parse(readFileSync("package.json", "utf8"));
const pins = { ...devDependencies, ...optionalDependencies };
const arch = { x64: "amd64", arm64: "arm64" }[process.arch];

function onPath(name) {
  const folders = process.env.PATH.split(delimiter).filter((f) => !f.endsWith(bin));
  return folders.map((folder) => join(folder, name)).find(existsSync);
}

function foundry(name) {
  const npm = `@foundry-rs/${name}-${process.platform}-${arch}`;
  const binary = join("node_modules", npm, "bin", name);
  if (existsSync(binary)) return binary;
  if (onPath(name)) return onPath(name);
  const wanted = `${npm}@${pins[`@foundry-rs/${name}-linux-amd64`]}`;
  execFileSync("npm", ["install", "--no-save", "--ignore-scripts", wanted], { stdio: "inherit" });
  return binary;
}

function solc() {
  const native = onPath("solc");
  const shown = native ? execFileSync(native, ["--version"], { encoding: "utf8" }) : "";
  return shown.includes(`Version: ${pins.solc}+`) ? native : "tools/solc";
}

function link(name, target) {
  const place = join(bin, name);
  rmSync(place, { force: true });
  symlinkSync(target.startsWith("/") ? target : relative(bin, target), place);
}

mkdirSync(bin, { recursive: true });
for (const name of ["anvil", "cast", "forge"]) link(name, foundry(name));
link(`solc-v${pins.solc}`, solc());

// Writes the types of the API from the routes as they are in this checkout.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const web = fileURLToPath(new URL("..", import.meta.url));
const places = [process.env.MESH_PYTHON, `${web}../.venv/bin/python`, `${web}../.venv/Scripts/python.exe`];
const python = places.find((place) => place && existsSync(place)) ?? "python3";
const run = (program, args) => {
  const done = spawnSync(program, args, { cwd: web, stdio: "inherit" });
  if (done.status !== 0) process.exit(done.status ?? 1);
};
run(python, ["-m", "mesh.entrypoints.web_build", ".openapi.json"]);
run(process.execPath, [
  "node_modules/openapi-typescript/bin/cli.js", ".openapi.json", "-o", "src/api/schema.d.ts",
  "--default-non-nullable=false",
]);

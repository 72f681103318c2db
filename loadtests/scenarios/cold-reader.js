// Somebody asks for a page that nobody has asked for.

import exec from "k6/execution";
import { coldPage } from "../lib/cold.js";
import { read } from "../lib/reader.js";

export function coldReader() {
  read(coldPage(exec.scenario.iterationInTest));
}

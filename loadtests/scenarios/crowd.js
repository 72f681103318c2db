// Everybody is after one page, which the edge has not got: each of them somebody new.

import { coldPage, coldPages } from "../lib/cold.js";
import { read } from "../lib/reader.js";

const page = coldPage(coldPages - 1);

export function crowd() {
  read(page, { leaves: true });
}

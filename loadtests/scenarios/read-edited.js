// Somebody reads what the editors are rewriting.

import * as addresses from "../lib/addresses.js";
import { edited, favourites } from "../lib/pages.js";
import { read } from "../lib/reader.js";

const review = favourites(edited);

export function readEdited() {
  read(addresses.review(review(), "camera,author"));
}

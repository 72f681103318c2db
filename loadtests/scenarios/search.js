// Somebody searches, in one of three languages and not always without a typo, and opens a review.

import * as addresses from "../lib/addresses.js";
import { favourites, queries, reviews } from "../lib/pages.js";
import { anyOf, chance, random } from "../lib/random.js";
import { read } from "../lib/reader.js";
import { mistyped } from "../lib/typos.js";

/** Words of the sample reviews. */
const WORDS = {
  "pt-BR": ["retrato", "viagem", "bateria curta", "câmera leve", "obturador silencioso", "foco automático"],
  es: ["retrato", "viaje", "batería", "cámara ligera", "obturador silencioso", "enfoque automático"],
  en: ["portrait", "travel", "battery", "light camera", "silent shutter", "autofocus"],
};
const LOCALES = /** @type {(keyof typeof WORDS)[]} */ (Object.keys(WORDS));

/** Names of cameras are the same in all languages, and what most people look for. */
const NAMES = 0.6;
const TYPOS = 0.25;
/** So many different ones of each query: mistakes are alike. */
const TYPOS_MAX = 12;

const query = favourites(queries);
const review = favourites(reviews);

export function search() {
  const locale = anyOf(LOCALES);
  const meant = chance(NAMES) ? query() : anyOf(WORDS[locale]);
  const words = chance(TYPOS) ? mistyped(meant, Math.floor(random() * TYPOS_MAX)) : meant;
  if (read(addresses.search(words, locale)) !== null) read(addresses.review(review(), "camera,author"));
}

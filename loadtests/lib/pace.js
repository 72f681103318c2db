// How often each watched review is edited: the editors keep to it, and those who watch know when nothing is to come.

import { settings } from "./settings.js";

/** Of all edits, so many are of those that are watched. */
const WATCHED_SHARE = 0.75;
/** Of each. A second is longer than any promise of visibility. */
const PER_S_MAX = 1;

/** Edits a second of each watched review; 0 if nothing is watched. */
export const watchedPerS =
  settings.watched.length === 0 ? 0 : Math.min((settings.editsPerS * WATCHED_SHARE) / settings.watched.length, PER_S_MAX);

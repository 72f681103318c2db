// In the middle third of an ordinary day twenty times as many readers come, all for one page that the edge has not got.
// It asks the origin once: the runner counts, `cache_status` says `collapsed` for the others.

import { steady } from "../lib/arrivals.js";
import { byRole, reading } from "../lib/options.js";
import { settings } from "../lib/settings.js";
import { everybody } from "../scenarios/everybody.js";

export { handleSummary } from "../lib/summary.js";
export { crowd } from "../scenarios/crowd.js";
export * from "../scenarios/everybody.js";

const TIMES = 20;
const thirdS = Math.max(1, Math.round(settings.seconds / 3));

export const options = byRole({
  readers: () => {
    const crowd = steady("crowd", 1, { fromS: thirdS, forS: thirdS, times: TIMES });
    return reading({ ...everybody(steady), crowd });
  },
});

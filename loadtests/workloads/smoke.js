// Every journey once in a while, for half a minute: no errors, the promises at the 95th percentile (there are too few
// samples for more), and `Cache-Status` as it should be.

import { steady } from "../lib/arrivals.js";
import { byRole, reading, writing } from "../lib/options.js";
import { editing } from "../scenarios/editing.js";
import { everybody } from "../scenarios/everybody.js";
import { firstReads } from "../scenarios/first-read.js";

export { handleSummary } from "../lib/summary.js";
export * from "../scenarios/editing.js";
export * from "../scenarios/everybody.js";
export * from "../scenarios/first-read.js";

const FEW = { percentile: 95 };

export const options = byRole({
  readers: () => {
    const all = reading({ ...everybody(steady), ...firstReads() }, FEW);
    const thresholds = { ...all.thresholds, checks: ["rate==1"], "cache_status{reason:none}": ["count==0"] };
    // By these two the summary knows which check failed.
    return { ...all, thresholds, systemTags: [...(all.systemTags ?? []), "check", "group"] };
  },
  editors: () => writing(editing(), FEW),
});

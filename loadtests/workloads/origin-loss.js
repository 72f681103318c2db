// The origin goes away. In the first half of the time before that, readers read a set of pages; from then on they read
// those, and meet no error. Where the edge fetches ahead (`PREFETCH`), they begin when the origin is gone, read any
// published page, and meet none either.

import { steady } from "../lib/arrivals.js";
import { byRole, reading, requiredLoss } from "../lib/options.js";
import { settings } from "../lib/settings.js";
import { seeing, seenAtS } from "../scenarios/reread.js";

export { handleSummary } from "../lib/summary.js";
export { reread, see } from "../scenarios/reread.js";

export const options = byRole({
  readers: () => {
    const { cutAtS } = requiredLoss();
    const fromS = settings.prefetch ? cutAtS : seenAtS;
    const afterwards = { fromS, forS: settings.seconds - fromS };
    return reading({ ...seeing(), reread: steady("reread", 1, afterwards) });
  },
});

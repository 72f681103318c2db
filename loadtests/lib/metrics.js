// Every metric of ours. Names and tags are the contract with the runner, which reads the CSV: loadtests/docs/suites.md
// says what each means.

import { Counter, Trend } from "k6/metrics";

/** Tags `kind` and `page`. */
export const readerWaitMs = new Trend("reader_wait_ms", true);
/** Tag `reason`. */
export const cacheStatuses = new Counter("cache_status");
/** Tags `window` and `status`. */
export const readerErrors = new Counter("reader_errors");
export const unconfirmed = new Counter("unconfirmed");

/** Tag `of`: the region that has applied. */
export const appliedMs = new Trend("applied_ms", true);
export const visibleMs = new Trend("visible_ms", true);
/** By how much `visible_ms` begins too early. */
export const beforeCommitMs = new Trend("before_commit_ms", true);
/** Publications; tag `watched`. Whoever saw none of one of them has no `visible_ms` for it: compare the counts. */
export const edits = new Counter("edits");
/** Tag `status`. */
export const editorErrors = new Counter("editor_errors");

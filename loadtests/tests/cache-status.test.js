import assert from "node:assert/strict";
import { test } from "node:test";
import { cacheStatus } from "../lib/cache-status.js";

/** @type {[string | undefined, string, boolean, boolean][]} */
const CASES = [
  ["rcr-eu; hit; ttl=42", "hit", true, false],
  ["rcr-eu; hit; ttl=-3; detail=stale", "hit-stale", true, false],
  ["rcr-eu; hit; ttl=-3", "hit-stale", true, false],
  ["rcr-eu; hit; detail=regional; ttl=9", "hit-regional", true, false],
  ["rcr-eu; hit; detail=unconfirmed; ttl=9", "hit-unconfirmed", true, true],
  ['rcr-eu; fwd=uri-miss; fwd-status=200; stored; ttl=60; key="example.com/a"', "miss", false, false],
  ["rcr-eu; fwd=uri-miss; fwd-status=200; collapsed; stored", "collapsed", false, false],
  ["rcr-eu; fwd=stale; fwd-status=304; stored", "stale", false, false],
  ["rcr-eu; fwd=bypass; fwd-status=200", "bypass", false, false],
  ["rcr-eu; detail=local", "local", false, false],
  // The nearest of ours speaks; other caches, and what stands in quotes, do not.
  ['rcr-sa; fwd=uri-miss, rcr-eu; hit; ttl=1; key="a, rcr-x; fwd=miss \\" ;"', "hit", true, false],
  ["rcr-eu; fwd=stale, cdn; hit", "stale", false, false],
  ["cdn; hit", "none", false, false],
  ["", "none", false, false],
  [undefined, "none", false, false],
];

for (const [header, reason, hit, unconfirmed] of CASES) {
  test(`Cache-Status: ${header}`, () => assert.deepEqual(cacheStatus(header), { reason, hit, unconfirmed }));
}

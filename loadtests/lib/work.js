// One review under an editor's hands.

import { sleep } from "k6";
import { call } from "./editorial.js";
import { appliedMs, beforeCommitMs, editorErrors } from "./metrics.js";

/** @typedef {import("./editorial.js").Text} Text */
/** @typedef {{ id: string, locale: string, etag: string, text: Text }} Work The text as it was before this run. */
/** @typedef {{ seq: string, updatedAt: number }} Written The write's number, and the time that readers are told. */
/** @typedef {{ region: string, applied: boolean, applied_ms: number | null }} Receipt */

/** What an earlier run left: at the end of the text, and among the photographs. */
const MARK = /(\n\nLoad test, edit \d+\.\n)+$/;
const ALT = "A drawn camera, from a load test";

/** Edges report together what they applied within moments; then it still has to reach the origin. */
const LOOK_EVERY_S = 0.25;
const LOOKS_MAX = 40;

/** @param {string} token @param {string} id @param {string} locale @returns {Work | null} */
export function take(token, id, locale) {
  const answer = call(token, "GET", `/reviews/${id}`, 200);
  if (answer === null) return null;
  const { locales } = /** @type {{ locales: { locale: string, published: Text | null }[] }} */ (answer.json());
  const text = locales.find((version) => version.locale === locale)?.published;
  if (!text) throw new Error(`PAGES, WATCHED: review ${id} is not published in ${locale}`);
  const photographs = text.photographs.filter(({ alt }) => alt !== ALT).map(({ sha256, alt }) => ({ sha256, alt }));
  const { title, summary, body_markdown } = text;
  const before = { title, summary, body_markdown: body_markdown.replace(MARK, ""), photographs };
  return { id, locale, etag: answer.headers.Etag, text: before };
}

/**
 * Saves another text and publishes it.
 * @param {string} token @param {Work} work Its ETag becomes that of the new version.
 * @param {string | null} sha256 A photograph, placed beside those that are there.
 * @returns {Written | null}
 */
export function publish(token, work, sha256) {
  const path = `/reviews/${work.id}/locales/${work.locale}`;
  const { text } = work;
  const json = {
    ...text,
    body_markdown: `${text.body_markdown}\n\nLoad test, edit ${Date.now()}.\n`,
    photographs: sha256 === null ? text.photographs : [...text.photographs, { sha256, alt: ALT }],
  };
  const saved = call(token, "PUT", path, 200, { etag: work.etag, json });
  if (saved === null) return null;
  const published = call(token, "POST", `${path}/publish`, 200, { etag: saved.headers.Etag });
  if (published === null) return null;
  work.etag = published.headers.Etag;
  const { locales } = /** @type {{ locales: { locale: string, updated_at: string }[] }} */ (published.json());
  const updatedAt = locales.find(({ locale }) => locale === work.locale)?.updated_at ?? "";
  return { seq: published.headers["Rcr-Seq"], updatedAt: Date.parse(updatedAt) };
}

/** Waits until every region with a live edge has applied the write. @param {string} token @param {Written} written */
export function awaitReceipts(token, { seq, updatedAt }) {
  for (let looks = 0; looks < LOOKS_MAX; looks += 1) {
    sleep(LOOK_EVERY_S);
    const answer = call(token, "GET", `/changes/${seq}/receipts`, 200);
    if (answer === null) return;
    const { at, regions } = /** @type {{ at: string, regions: Receipt[] }} */ (answer.json());
    if (regions.length > 0 && regions.every(({ applied }) => applied)) {
      beforeCommitMs.add(Date.parse(at) - updatedAt);
      for (const { region, applied_ms } of regions) if (applied_ms !== null) appliedMs.add(applied_ms, { of: region });
      return;
    }
  }
  editorErrors.add(1, { status: "no-receipt" });
}

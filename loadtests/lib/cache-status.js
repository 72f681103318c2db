// What the edge says of an answer: Cache-Status, RFC 9211. The words are those of edge/docs/cache.md.

/** @typedef {{ reason: string, hit: boolean, unconfirmed: boolean }} Told */

// Separators mean nothing inside quotes, where a key may hold any of them.
const MEMBERS = /(?:"(?:[^"\\]|\\.)*"|[^,"])+/g;
const PARAMETERS = /(?:"(?:[^"\\]|\\.)*"|[^;"])+/g;

/** Our edges' names begin so; other caches on the way have members of their own. */
const OURS = "rcr-";

/** @param {string | undefined} header @returns {Told} */
export function cacheStatus(header) {
  // The last member is of the cache nearest to the reader.
  const members = (header ?? "").match(MEMBERS) ?? [];
  const member = members.map((text) => text.trim()).filter((text) => text.startsWith(OURS)).pop();
  if (member === undefined) return { reason: "none", hit: false, unconfirmed: false };
  const parameters = parsed(member);
  const detail = parameters.get("detail");
  return { reason: reason(parameters, detail), hit: parameters.has("hit"), unconfirmed: detail === "unconfirmed" };
}

/** @param {string} member */
function parsed(member) {
  const [, ...parameters] = member.match(PARAMETERS) ?? [];
  return new Map(
    parameters.map((text) => {
      const [name, ...value] = text.trim().split("=");
      return /** @type {[string, string]} */ ([name, value.join("=")]);
    }),
  );
}

/** One word; those for copies begin with `hit`. @param {Map<string, string>} parameters @param {string | undefined} detail */
function reason(parameters, detail) {
  if (parameters.has("hit")) {
    if (detail !== undefined) return `hit-${detail}`;
    return Number(parameters.get("ttl") ?? 0) < 0 ? "hit-stale" : "hit";
  }
  // Forwarded too, but another reader's question was enough.
  if (parameters.has("collapsed")) return "collapsed";
  const forwarded = parameters.get("fwd");
  if (forwarded === "uri-miss") return "miss";
  return forwarded ?? detail ?? "none";
}

// No control character that turns text around: what is read is where the link goes.
const ADDRESS = /\bhttps?:\/\/[^\s<>"\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gi;

/** Gives a text as nodes, with a link for each web address in it; the rest, markup too, stays text. */
export function link(text) {
  const nodes = [];
  let end = 0;
  for (const { 0: found, index } of text.matchAll(ADDRESS)) {
    // What ends a sentence or closes a bracket is seldom part of the address.
    const address = found.replace(/[.,;:!?'*]+$|\)+$/, (tail) => (tail[0] === ")" && found.includes("(") ? tail : ""));
    if (!URL.canParse(address)) continue;

    const anchor = document.createElement("a");
    [anchor.href, anchor.textContent, anchor.target, anchor.rel] = [address, address, "_blank", "noopener"];
    nodes.push(text.slice(end, index), anchor);
    end = index + address.length;
  }

  return [...nodes, text.slice(end)];
}

// Runs the script of the phone page over a DOM of the few things it uses. Reads {"page", "answers"}, writes a tree of
// the phones after each answer; null is a server that cannot be reached.
import { readFileSync } from "node:fs";
import vm from "node:vm";

const { page, answers } = JSON.parse(readFileSync(0, "utf8"));
const script = page.match(/<script>(.*?)<\/script>/s)[1];

class Element {
  constructor(name) { Object.assign(this, { name, className: "", children: [], textContent: "", value: "" }); }
  append(...parts) { this.children.push(...parts.map((part) => part instanceof Element ? part : String(part))); }
  replaceChildren(...parts) { this.children = []; this.append(...parts); }
  addEventListener() {}
}

const elements = { phones: new Element("main"), only: new Element("input"), state: new Element("span") };
const trees = [];
const tree = (node) => typeof node === "string" ? node
  : { name: node.name, class: node.className, children: node.children.map(tree) };

let turn = 0;
const document = {
  getElementById: (id) => elements[id],
  createElement: (name) => new Element(name),
};

async function fetch(address) {
  if (address !== "phones?only=") throw new Error(`asked for ${address}`);
  const answer = answers[turn];
  if (answer === null) throw new TypeError("fetch failed");
  return { ok: true, text: async () => JSON.stringify(answer) };
}

function setTimeout(next) {
  trees.push({ ...tree(elements.phones), state: elements.state.textContent });
  turn += 1;
  if (turn < answers.length) next();
  else process.stdout.write(JSON.stringify(trees));
}

vm.runInNewContext(script, { document, fetch, setTimeout, Intl, Date, Set, encodeURIComponent });

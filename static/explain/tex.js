// Formulas: the little TeX that the server writes, as MathML, which browsers draw by themselves.

import {element} from "../base/element.js";

const SPACE = "http://www.w3.org/1998/Math/MathML";
const LETTERS = {delta: "\u03b4", eta: "\u03b7", ell: "\u2113", partial: "\u2202", rho: "\u03c1",
                 mu: "\u03bc", alpha: "\u03b1", beta: "\u03b2", lambda: "\u03bb",
                 sigma: "\u03c3", epsilon: "\u03b5", Delta: "\u0394", varphi: "\u03c6"};
const SIGNS = {nabla: "\u2207", leftarrow: "\u2190", approx: "\u2248", cdot: "\u22c5",
               sum: "\u2211", "|": "\u2016", sqrt: "\u221a"};
const NAMES = ["ln", "tanh", "min", "max", "softmax"];
const THIN = ["0.17em", ","], PRIME = "\u2032";

function math(tag, attributes, ...children) {
    const node = document.createElementNS(SPACE, tag);
    for (const [name, value] of Object.entries(attributes))
        node.setAttribute(name, value);
    node.append(...children);
    return node;
}

const tokensOf = (tex) => tex.match(/\\[A-Za-z]+|\\.|[0-9.]+|\S/g) ?? [];

/* A formula in a place of its own, which scrolls where it is too long. */
export function formula(tex) {
    const parser = {tokens: tokensOf(tex), at: 0};
    return element("span", {class: "formula"}, math("math", {}, row(parser)));
}

/* Everything to the closing brace, or the end. */
function row(parser) {
    const nodes = [];
    while (parser.at < parser.tokens.length && parser.tokens[parser.at] !== "}")
        nodes.push(scripted(parser));
    return math("mrow", {}, ...nodes);
}

/* A thing with what stands below and above it. */
function scripted(parser) {
    let base = atom(parser), below = null, above = null;
    for (let mark = parser.tokens[parser.at]; mark === "_" || mark === "^" || mark === "'";
         mark = parser.tokens[parser.at]) {
        parser.at++;
        if (mark === "'")
            base = math("mrow", {}, base, sign(PRIME));
        else if (mark === "_")
            below = atom(parser);
        else
            above = atom(parser);
    }
    if (below && above)
        return math("msubsup", {}, base, below, above);
    return below ? math("msub", {}, base, below) : above ? math("msup", {}, base, above) : base;
}

/* The letters of a group, as they are. */
function words(parser) {
    const start = parser.at + 1;
    parser.at = parser.tokens.indexOf("}", start) + 1;
    return parser.tokens.slice(start, parser.at - 1).join("");
}

/* Brackets keep the size of the text. */
function sign(text) {
    return math("mo", {stretchy: "false", ...text === PRIME && {lspace: "0", rspace: "0"}}, text);
}

function atom(parser) {
    const token = parser.tokens[parser.at++];
    if (token === undefined)
        return math("mrow", {});
    if (token === "{") {
        const inner = row(parser);
        parser.at++;
        return inner;
    }
    return token.startsWith("\\") ? command(parser, token.slice(1))
        : /^[0-9.]+$/.test(token) ? math("mn", {}, token)
        : /^[A-Za-z]$/.test(token) ? math("mi", {}, token)
        : sign(token === "-" ? "\u2212" : token);
}

function command(parser, name) {
    if (name === "frac")
        return math("mfrac", {}, atom(parser), atom(parser));
    if (name === "sqrt")
        return math("msqrt", {}, atom(parser));
    if (name === "mathrm")
        return math("mi", {mathvariant: "normal"}, words(parser));
    if (name === "text")
        return math("mtext", {}, words(parser));
    if (name === THIN[1])
        return math("mspace", {width: THIN[0]});
    return LETTERS[name] ? math("mi", {}, LETTERS[name])
        : NAMES.includes(name) ? math("mi", {}, name)
        : sign(SIGNS[name] ?? name);
}

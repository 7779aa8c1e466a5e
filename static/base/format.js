// How numbers, counts and times are written on the page.

const PLAIN_MAX = 9; // 0.0000001 is still read at a glance
const grouped = new Intl.NumberFormat("en", {maximumFractionDigits: 0});

/* A number to some significant digits, with a real minus sign; null is a number that is not
 * finite. Exactly 0 is "0", so that "never moved" can be told from "nearly nothing". */
export function short(value, digits = 5) {
    if (value === null || value === undefined)
        return "not finite";
    if (value === 0)
        return "0";
    const size = Math.abs(value);
    const text = size >= 1e6 || size < 1e-3
        ? value.toExponential(digits - 1).replace(/\.?0+e/, "e").replace("e+", "e")
        : value.toPrecision(digits);
    return text.replaceAll("-", "\u2212");
}

/* The same in little room: four decimals, fewer before large numbers. */
export function brief(value) {
    const size = Math.abs(value);
    return size < 1 && size >= 1e-3 ? value.toFixed(4).replace("-", "\u2212")
        : short(value, size < 1e-3 ? 2 : 5);
}

/* Every digit: reads back as the same double, as the server printed it. */
export function exact(value) {
    return value === null || value === undefined ? "not finite" : String(value);
}

/* A setting as one would write it: 0.0004, 1e-7. */
export function setting(value) {
    return typeof value === "string" ? value : JSON.stringify(value);
}

/* What a setting has in several runs, all in one notation: {exact} with every digit, {short} with
 * three or as many more as tell them apart. Whole numbers keep their digits. */
export function settings(values) {
    if (!values.every((value) => typeof value === "number"))
        return {exact: values.map(setting), short: values.map(setting)};
    const whole = values.every(Number.isSafeInteger);
    const rounded = whole ? values : apart(values);
    const isPlain = whole || rounded.every((value) => plain(value).length <= PLAIN_MAX);
    const write = (value) => isPlain || value === 0 ? plain(value)
        : value.toExponential().replace("e+", "e");
    return {exact: values.map(write),
            short: rounded.map((value) => write(value).replace(/^-/, "\u2212"))};
}

/* Every digit, without an exponent. */
function plain(value) {
    const [digits, power] = value.toExponential().split("e");
    const decimals = digits.replace(/^-?\d\.?/, "").length - power;
    return value.toFixed(Math.min(Math.max(decimals, 0), 100));
}

/* The values with so many digits that different ones stay different. */
function apart(values) {
    const n = new Set(values).size;
    for (let digits = 3; digits < 17; digits++) {
        const rounded = values.map((value) => Number(value.toPrecision(digits)));
        if (new Set(rounded).size === n)
            return rounded;
    }
    return values;
}

/* "a, b and c" */
export const listed = (words) => words.join(", ").replace(/, ([^,]*)$/, " and $1");

/* A name to stand in a line of plain text: it keeps its own direction of writing. */
export function isolated(name) {
    return `\u2068${name}\u2069`;
}

/* 1000000 as 1,000,000. */
export function count(n) {
    return grouped.format(n);
}

/* "1 run", "8 runs". */
export function plural(n, noun) {
    return `${count(n)} ${noun}${n === 1 ? "" : "s"}`;
}

/* "just now", "5 minutes ago", or the day. */
export function ago(time, now = Date.now()) {
    const minutes = Math.floor((now - Date.parse(time)) / 60000);
    if (!(minutes >= 0) || minutes < 1)
        return "just now";
    if (minutes < 60)
        return `${plural(minutes, "minute")} ago`;
    if (minutes < 24 * 60)
        return `${plural(Math.floor(minutes / 60), "hour")} ago`;
    return new Date(time).toLocaleDateString(undefined, {dateStyle: "medium"});
}

/* A label for a tick or an epoch axis: no more digits than needed. */
export function tick(value) {
    const size = Math.abs(value);
    if (size >= 1e7 || (size < 1e-4 && size > 0))
        return value.toExponential().replace("e+", "e").replaceAll("-", "\u2212");
    return String(Number(value.toPrecision(6))).replace(/\B(?=(\d{3})+$)/g, size >= 1000 ? "," : "")
        .replaceAll("-", "\u2212");
}

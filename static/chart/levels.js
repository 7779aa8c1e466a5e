// Levels: horizontal lines across the chart, each with its name; at the edge where out of range.

const FONT = "11.5px system-ui, sans-serif";
const LINE = 15; // pixels from one name to the next

/* Draws levels [{value, label}] on uPlot's canvas. `ink` and `ground` are colours. */
export function drawLevels(plot, levels, ink, ground) {
    const {ctx, bbox} = plot;
    const r = devicePixelRatio, bottom = bbox.top + bbox.height;
    const placed = levels.map(({value, label}) => {
        const y = plot.valToPos(value, "y", true);
        const beyond = !(y >= bbox.top) ? "above" : y > bottom ? "below" : null;
        const name = beyond ? `${beyond === "above" ? "\u25b2" : "\u25bc"} ${label}` : label;
        return {y: beyond === "above" ? bbox.top : beyond === "below" ? bottom : y, beyond, name};
    }).sort((a, b) => a.y - b.y);
    ctx.save();
    ctx.lineWidth = r;
    ctx.setLineDash([2 * r, 4 * r]);
    ctx.strokeStyle = ink;
    for (const {y} of placed.filter(({beyond}) => !beyond)) {
        ctx.beginPath();
        ctx.moveTo(bbox.left, y);
        ctx.lineTo(bbox.left + bbox.width, y);
        ctx.stroke();
    }
    ctx.setLineDash([]);
    drawNames(ctx, placed, spread(placed, bbox.top + LINE * r, bottom - 3 * r, LINE * r),
              bbox.left + 6 * r, ink, ground);
    ctx.restore();
}

/* Where the names' base lines go: above their lines, apart from each other, inside. */
function spread(placed, top, bottom, line) {
    const at = placed.map(({y}) => Math.min(Math.max(y - line / 4, top), bottom));
    for (let i = 1; i < at.length; i++)
        at[i] = Math.max(at[i], at[i - 1] + line);
    for (let i = at.length - 1, limit = bottom; i >= 0; i--, limit = at[i + 1] - line)
        at[i] = Math.min(at[i], limit);
    return at;
}

/* Each on a piece of the ground, so that a curve does not cross it out; on the left, where losses are
 * still high. */
function drawNames(ctx, placed, at, left, ink, ground) {
    const r = devicePixelRatio;
    ctx.font = FONT.replace(/^[\d.]+/, (size) => size * r);
    ctx.textAlign = "left";
    ctx.textBaseline = "alphabetic";
    placed.forEach(({name}, i) => {
        const width = ctx.measureText(name).width;
        ctx.globalAlpha = 0.75;
        ctx.fillStyle = ground;
        ctx.fillRect(left - 3 * r, at[i] - 11 * r, width + 6 * r, 14 * r);
        ctx.globalAlpha = 1;
        ctx.fillStyle = ink;
        ctx.fillText(name, left, at[i]);
    });
}

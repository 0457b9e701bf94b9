"use strict";
// Regions as the configuration has them: of one shape each, or wells in rows and columns.
function rowLetters(row) {
  let letters = "";
  for (++row; row > 0; row = Math.floor((row - 1) / 26)) letters = String.fromCharCode(65 + (row - 1) % 26) + letters;
  return letters;
}
const corners = (left, top, w, h) => [[left, top], [left + w, top], [left + w, top + h], [left, top + h]];
function shapesOf(region, i) {
  const { include, count } = region;
  if (!region.grid) {
    const name = region.name || `region ${i + 1}`;
    return [region.circle ? { name, include, count, circle: region.circle }
      : { name, include, count, points: region.points || corners(...region.rectangle) }];
  }
  const [columns, rows] = region.grid, [left, top, width, height] = region.rectangle, gap = region.gap, wells = [];
  const w = (width - (columns - 1) * gap) / columns, h = (height - (rows - 1) * gap) / rows;
  for (let r = 0; r < rows; ++r) for (let c = 0; c < columns; ++c) {
    const x = left + c * (w + gap), y = top + r * (h + gap), name = `${region.name ? region.name + " " : ""}${rowLetters(r)}${c + 1}`;
    wells.push(region.well === "rectangle" ? { name, include, count, points: corners(x, y, w, h) }
      : { name, include, count, circle: [x + w / 2, y + h / 2, Math.min(w, h) / 2] });
  }
  return wells;
}
const shapes = () => S.regions.flatMap(shapesOf);
const isCount = text => /^([0-9]+)(\.\.([0-9]+))?$/.test(text) && +text.split("..").pop() > 0;
const meets = (text, n) => { const ends = text.split(".."); return n >= +ends[0] && n <= +ends[ends.length - 1]; };

// Calls visit(y, from, to) for each row of a shape's pixels, by the same rule as the program.
function spans(shape, visit) {
  const w = D.width, h = D.height;
  if (shape.circle) {
    const [cx, cy, r] = shape.circle, inside = (x, y) => {
      const dx = x - cx, dy = y - cy, squared = dx * dx + dy * dy;
      return squared < r * r || (squared === r * r && dx < 0);
    };
    for (let y = Math.max(0, Math.ceil(cy - r - 1)); y < Math.min(h, cy + r + 2); ++y) {
      let from = Math.min(w, Math.max(0, Math.ceil(cx - r - 1))), to = Math.min(w, Math.max(0, Math.ceil(cx + r + 2)));
      while (from < to && !inside(from, y)) ++from;
      while (to > from && !inside(to - 1, y)) --to;
      if (from < to) visit(y, from, to);
    }
    return;
  }
  for (let y = 0; y < h; ++y) {
    const xs = [];
    shape.points.forEach((p, i) => {
      let a = p, b = shape.points[(i + 1) % shape.points.length];
      if (a[1] > b[1]) [a, b] = [b, a];
      if (y >= a[1] && y < b[1]) xs.push(a[0] + (y - a[1]) * (b[0] - a[0]) / (b[1] - a[1]));
    });
    xs.sort((a, b) => a - b);
    for (let i = 0; i + 1 < xs.length; i += 2)
      visit(y, Math.ceil(Math.min(w, Math.max(0, xs[i]))), Math.ceil(Math.min(w, Math.max(0, xs[i + 1]))));
  }
}

// mask: inside of any include (or everything, without one) and of no exclude; numbers: 1 + the first include of each pixel.
function regionMask() {
  const w = D.width, h = D.height, all = shapes(), kept = all.filter(s => s.include);
  const mask = new Uint8Array(w * h), numbers = new Uint16Array(w * h);
  kept.forEach((shape, i) => spans(shape, (y, from, to) => {
    for (let x = y * w + from; x < y * w + to; ++x) if (!numbers[x]) numbers[x] = i + 1;
  }));
  for (let i = 0; i < mask.length; ++i) mask[i] = numbers[i] || !kept.length ? 1 : 0;
  if (kept.some(s => isCount(s.count))) {
    const left = numbers.slice();
    for (let y = 0; y < h; ++y) for (let x = 0; x < w; ++x) {
      const own = left[y * w + x];
      for (const [dx, dy] of own ? [[-1, 0], [-1, -1], [0, -1], [1, -1]] : []) {
        const other = x + dx >= 0 && x + dx < w && y + dy >= 0 ? left[(y + dy) * w + x + dx] : 0;
        if (other && other !== own) left[y * w + x] = mask[y * w + x] = 0;
      }
    }
  }
  for (const shape of all) if (!shape.include) spans(shape, (y, from, to) => mask.fill(0, y * w + from, y * w + to));
  return { mask, numbers, kept };
}

// How many of the regions that have a count hold so many objects; "" where none has one.
function regionsMet(objects, { numbers, kept }) {
  const found = kept.map(() => 0);
  for (const o of objects.values()) {
    const number = o.counts === "in" ? numbers[Math.floor(o.y / o.area + 0.5) * D.width + Math.floor(o.x / o.area + 0.5)] : 0;
    if (number) ++found[number - 1];
  }
  const counted = kept.map((shape, i) => ({ ...shape, found: found[i] })).filter(s => isCount(s.count));
  const missed = counted.filter(s => !meets(s.count, s.found));
  if (!counted.length) return "";
  const named = missed.slice(0, 4).map(s => `${s.name}: ${s.found}`).join(", ") + (missed.length > 4 ? " …" : "");
  return `; ${counted.length - missed.length} of ${counted.length} regions hold their count` + (named && ` (not ${named})`);
}

// What a drag from a to b makes.
function shape(a, b) {
  const left = rounded(Math.min(a[0], b[0])), top = rounded(Math.min(a[1], b[1]));
  const size = [rounded(Math.abs(a[0] - b[0])), rounded(Math.abs(a[1] - b[1]))];
  if (tool === "circle") return { circle: [rounded(a[0]), rounded(a[1]), rounded(Math.hypot(b[0] - a[0], b[1] - a[1]))] };
  const made = { rectangle: [left, top, ...size] };
  if (tool !== "wells") return made;
  const whole = (id, most) => Math.min(most, Math.max(1, Math.round(+$(id).value) || 1));
  const grid = [whole("columns", 100), whole("rows", 100)];
  const room = size.map((side, i) => grid[i] > 1 ? 0.9 * side / (grid[i] - 1) : Infinity);
  return { ...made, grid, well: $("wellshape").value, gap: Math.max(0, Math.min(+$("gap").value || 0, ...room.map(rounded))) };
}
function addRegion(made) {
  S.regions.push({ name: "", include: $("kind").value === "include", count: "", ...made });
  drawn = []; drag = null;
  update();
}
// What is being drawn, as lines.
function outline(a, b) {
  if (tool === "ruler") return [[a, b]];
  return shapesOf({ name: "", ...shape(a, b) }, 0).map(s => s.points || Array.from({ length: 49 }, (_, i) =>
    [s.circle[0] + s.circle[2] * Math.cos(i * Math.PI / 24), s.circle[1] + s.circle[2] * Math.sin(i * Math.PI / 24)]));
}
function listRegions() {
  $("regions").replaceChildren(...S.regions.map((r, i) => {
    const item = document.createElement("li"), name = document.createElement("input"), gone = document.createElement("button");
    const held = document.createElement("input");
    name.value = r.name;
    name.placeholder = r.grid ? `${r.grid[1]} × ${r.grid[0]} wells` : `region ${i + 1}`;
    name.oninput = () => { r.name = name.value; update(false); };
    held.value = r.count;
    held.placeholder = "count";
    held.title = `how many objects are in ${r.grid ? "each well" : "it"}: 1, or 2..5; empty: not known`;
    held.className = "count";
    held.hidden = !r.include;
    held.oninput = () => {
      r.count = held.value.trim();
      held.setAttribute("aria-invalid", r.count !== "" && !isCount(r.count));
      update(false);
    };
    gone.textContent = "remove";
    gone.onclick = () => { S.regions.splice(i, 1); update(); };
    item.append(r.include ? "keep" : "cut", name, held, gone);
    return item;
  }));
  $("noregions").hidden = S.regions.length > 0;
}

// Two of one name are no configuration.
function markNames() {
  const own = S.regions.map((r, i) => shapesOf(r, i).map(s => s.name)), all = own.flat();
  document.querySelectorAll("#regions li input:first-of-type").forEach((input, i) => {
    const twice = own[i].some(name => all.filter(n => n === name).length > 1);
    input.setAttribute("aria-invalid", twice);
    input.title = twice ? "another region has this name" : "";
  });
}

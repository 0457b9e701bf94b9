"use strict";
// The segmentation and labelling of `flashcell track`, on the frames that this page holds. D: what tune found.
const $ = id => document.getElementById(id);
const S = structuredClone(D.config);
const frames = [];  // {grey, mask}: grey levels, and the program's own foreground
let at = 0, tool = null, drawn = [], drag = null;

function pixelsOf(url) {
  return new Promise((resolve, reject) => {
    const image = new Image();
    image.onload = () => {
      const canvas = document.createElement("canvas");
      canvas.width = D.width; canvas.height = D.height;
      const context = canvas.getContext("2d", { willReadFrequently: true });
      context.drawImage(image, 0, 0);
      const rgba = context.getImageData(0, 0, D.width, D.height).data, grey = new Uint8Array(D.width * D.height);
      for (let i = 0; i < grey.length; ++i) grey[i] = rgba[4 * i];
      resolve(grey);
    };
    image.onerror = reject;
    image.src = url;
  });
}

// Foreground: 1 a pixel.
const shift = Math.max(0, D.bits - 8);
const methods = {
  threshold: (f, out) => { for (let i = 0; i < out.length; ++i) out[i] = bright() === (f.grey[i] << shift) >= S.threshold ? 1 : 0; },
  otsu: (f, out) => {
    const t = otsu(f.grey);
    for (let i = 0; i < out.length; ++i) out[i] = t !== null && bright() === f.grey[i] >= t ? 1 : 0;
  },
  adaptive: (f, out) => adaptive(f.grey, out),
};
const bright = () => S.polarity === "bright";

function otsu(grey) {
  const bins = new Float64Array(256);
  for (const g of grey) ++bins[g];
  let sum = 0, below = 0, sumBelow = 0, best = null, most = 0;
  for (let b = 0; b < 256; ++b) sum += b * bins[b];
  for (let b = 0; b < 255; ++b) {
    below += bins[b];
    sumBelow += b * bins[b];
    if (below === 0 || below === grey.length) continue;
    const difference = sumBelow / below - (sum - sumBelow) / (grey.length - below);
    const variance = below * (grey.length - below) * difference * difference;
    if (variance > most) { most = variance; best = b + 1; }
  }
  return best;
}

// Against the rounded mean of the window; beyond the frame the nearest border pixel stands.
function adaptive(grey, out) {
  const w = D.width, h = D.height, r = S.window >> 1, area = (2 * r + 1) ** 2, offset = S.offset / (1 << shift);
  const columns = new Float64Array(w), row = y => Math.min(h - 1, Math.max(0, y)) * w;
  const add = (y, sign) => { const from = row(y); for (let x = 0; x < w; ++x) columns[x] += sign * grey[from + x]; };
  for (let y = -r; y <= r; ++y) add(y, 1);
  const column = x => columns[Math.min(w - 1, Math.max(0, x))];
  for (let y = 0; y < h; ++y) {
    let sum = 0;
    for (let x = -r; x <= r; ++x) sum += column(x);
    for (let x = 0; x < w; ++x) {
      const g = grey[y * w + x];
      out[y * w + x] = (bright() ? 2 * sum < area * (2 * (g - offset) - 1) : 2 * sum > area * (2 * (g + offset) + 1)) ? 1 : 0;
      sum += column(x + r + 1) - column(x - r);
    }
    add(y + r + 1, 1);
    add(y - r, -1);
  }
}

// Connected components: area and box of each.
function label(mask) {
  const w = D.width, h = D.height, labels = new Int32Array(w * h), parent = [0];
  const root = a => { while (parent[a] !== a) a = parent[a] = parent[parent[a]]; return a; };
  const around = S.connectivity === "exact4" ? [[-1, 0], [0, -1]] : [[-1, 0], [-1, -1], [0, -1], [1, -1]];
  for (let y = 0; y < h; ++y) {
    for (let x = 0; x < w; ++x) {
      const i = y * w + x;
      if (!mask[i]) continue;
      let mine = 0;
      for (const [dx, dy] of around) {
        if (x + dx < 0 || x + dx >= w || y + dy < 0) continue;
        const other = labels[i + dy * w + dx];
        if (!other) continue;
        const found = root(other);
        if (!mine) mine = found;
        else if (found !== mine) parent[Math.max(found, mine)] = mine = Math.min(found, mine);
      }
      if (!mine) { mine = parent.length; parent.push(mine); }
      labels[i] = mine;
    }
  }
  const objects = new Map();
  for (let i = 0; i < labels.length; ++i) {
    if (!labels[i]) continue;
    const id = labels[i] = root(labels[i]), x = i % w, y = (i - x) / w;
    const o = objects.get(id);
    if (!o) objects.set(id, { area: 1, left: x, right: x, top: y, bottom: y, x, y });
    else { ++o.area; o.x += x; o.y += y; if (x < o.left) o.left = x; if (x > o.right) o.right = x; o.bottom = y; }
  }
  const limit = S.max_area > 0 ? S.max_area : Infinity;
  for (const o of objects.values()) o.counts = o.area < Math.max(1, S.min_area) ? "small" : o.area > limit ? "large" : "in";
  return { labels, objects };
}

function foreground(frame) {
  const out = new Uint8Array(D.width * D.height);
  if (methods[S.method]) methods[S.method](frame, out);
  else for (let i = 0; i < out.length; ++i) out[i] = frame.mask[i] ? 1 : 0;
  const region = regionMask();
  let outside = 0;
  for (let i = 0; i < out.length; ++i) {
    outside += out[i] & ~region.mask[i];
    out[i] &= region.mask[i];
  }
  return { out, region, outside };
}

// Of objects: kept, below the smallest area, above the largest.
const tints = { in: [0, 150, 90], small: [230, 159, 0], large: [220, 20, 60] };
const strokes = { in: "#39f29b", small: "#e69f00", large: "#ff5a7a" };
const kMostLeftOutDrawn = 200;
const count = (objects, kind) => [...objects.values()].filter(o => o.counts === kind).length;

function draw() {
  const frame = frames[at], { out, region, outside } = foreground(frame), { labels, objects } = label(out);
  const canvas = $("picture"), context = canvas.getContext("2d"), image = context.createImageData(D.width, D.height);
  for (let i = 0; i < out.length; ++i) {
    const g = region.mask[i] ? frame.grey[i] : frame.grey[i] >> 1, o = labels[i] ? objects.get(labels[i]) : null;
    const tint = o && tints[o.counts];
    for (let c = 0; c < 3; ++c) image.data[4 * i + c] = tint ? (g + tint[c]) >> 1 : g;
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
  const line = Math.max(1, D.width / 700);
  context.lineWidth = line;
  const left = [...objects.values()].filter(o => o.counts !== "in").sort((a, b) => b.area - a.area).slice(0, kMostLeftOutDrawn);
  for (const o of [...left, ...[...objects.values()].filter(o => o.counts === "in")]) {
    context.strokeStyle = strokes[o.counts];
    context.strokeRect(o.left - line, o.top - line, o.right - o.left + 1 + 2 * line, o.bottom - o.top + 1 + 2 * line);
  }
  context.font = `${Math.max(10, D.width / 55)}px sans-serif`;
  for (const s of shapes()) {
    const [x, y] = s.points ? s.points[0] : [s.circle[0] - s.circle[2] * 0.7, s.circle[1] - s.circle[2] * 0.7];
    if (s.points) path(context, s.points, true);
    else { context.beginPath(); context.arc(...s.circle, 0, 2 * Math.PI); }
    context.strokeStyle = context.fillStyle = s.include ? "#5ac8ff" : "#ff6f61";
    context.stroke();
    context.fillText(s.name, x + 4, y + Math.max(12, D.width / 50));
  }
  context.strokeStyle = "#ffd84a";
  for (const line of drawn) { path(context, line, tool !== "polygon"); context.stroke(); }
  $("found").textContent = told(count(objects, "in"), count(objects, "small"), count(objects, "large"), outside) + regionsMet(objects, region);
  $("which").textContent = `frame ${D.frames[at].number}`;
  return objects;
}

function told(kept, small, large, outside) {
  const left = [[small, "too small (orange)"], [large, "too large (red)"], [outside, "px outside the regions"]];
  const causes = left.filter(([n]) => n > 0).map(([n, why]) => `${n} ${why}`);
  return `${kept} object${kept === 1 ? "" : "s"}` + (causes.length ? `; left out: ${causes.join(", ")}` : "");
}

// All frames take a while: once nothing has changed for a moment.
let tallying = 0;
function tally() {
  clearTimeout(tallying);
  tallying = setTimeout(() => {
    const sum = [0, 0, 0, 0];
    for (const frame of frames) {
      const { out, outside } = foreground(frame), { objects } = label(out);
      ["in", "small", "large"].forEach((kind, i) => sum[i] += count(objects, kind));
      sum[3] += outside;
    }
    $("all").textContent = `In all ${frames.length} frames: ${told(...sum)}.`;
  }, 400);
}

function path(context, points, closed) {
  context.beginPath();
  points.forEach((p, i) => i ? context.lineTo(...p) : context.moveTo(...p));
  if (closed) context.closePath();
}

// The page computes what the program does: on the settings that it came with, the numbers must agree.
function check() {
  if (S.connectivity === "cell" || D.bits !== 8) return "";
  for (let i = 0; i < frames.length; ++i) {
    const { objects } = label(foreground(frames[i]).out);
    if (count(objects, "in") !== D.frames[i].objects)
      return `Frame ${D.frames[i].number}: this page finds ${count(objects, "in")} objects, the program ${D.frames[i].objects}. Trust the program.`;
  }
  return `The same objects as the program's in all ${frames.length} frames.`;
}

const rounded = v => Math.round(v * 100) / 100;
// A ruler is saved as it was drawn: the program takes the lens out of its length.
const ruler = () => S.scale_points.length === 2;
const scaleByRuler = () => +(S.scale_length / Math.hypot(...[0, 1].map(i => S.scale_points[1][i] - S.scale_points[0][i]))).toPrecision(6);
function toml() {
  const scale = ruler() ? [`scale_points = ${JSON.stringify(S.scale_points)}`, `scale_length = ${S.scale_length}`] : [`units_per_pixel = ${S.units_per_pixel}`];
  const fps = S.fps > 0 ? [`fps = ${S.fps}`] : [];
  const lines = ["[input]", ...fps, `unit = ${JSON.stringify(S.unit)}`, ...scale, "", "[segment]"];
  for (const [key, value] of Object.entries(S.segment_toml)) lines.push(`${key} = ${key in S ? literal(S[key]) : value}`);
  lines.push("", "[label]", `connectivity = ${JSON.stringify(S.connectivity)}`, `min_area = ${S.min_area}`, `max_area = ${S.max_area}`);
  for (const r of S.regions) {
    lines.push("", "[[segment.region]]");
    if (r.name) lines.push(`name = ${JSON.stringify(r.name)}`);
    lines.push(`include = ${r.include}`);
    if (r.include && isCount(r.count)) lines.push(`count = ${JSON.stringify(r.count)}`);
    for (const key of ["points", "circle", "rectangle", "grid"]) if (r[key]) lines.push(`${key} = ${JSON.stringify(r[key])}`);
    if (r.grid) lines.push(`well = ${JSON.stringify(r.well)}`, `gap = ${r.gap}`);
  }
  // Counts of regions take its place.
  if (S.count && !S.regions.some(r => r.include && isCount(r.count))) lines.push("", "[track]", `count = ${JSON.stringify(S.count)}`);
  return lines.join("\n") + "\n";
}
const literal = v => typeof v === "string" ? JSON.stringify(v) : String(v);

function update(list = true) {
  if (list) listRegions();
  markNames();
  draw();
  tally();
  $("toml").value = toml();
}

function field(box, key, name, low, high, step, shown) {
  const row = document.createElement("label"), exact = document.createElement("input"), slide = document.createElement("input");
  exact.type = "number"; slide.type = "range";
  for (const input of [exact, slide]) {
    input.min = low; input.max = high; input.step = step; input.value = S[key];
    input.oninput = () => {
      if (input.value === "" || !Number.isFinite(+input.value)) return;
      S[key] = +input.value;
      (input === exact ? slide : exact).value = S[key];
      update(false);
    };
  }
  slide.setAttribute("aria-label", name);
  row.append(name, exact, slide);
  row.show = () => row.hidden = shown && !shown();
  row.style.display = "";
  box.append(row);
  return row;
}

function choice(box, key, name, options, shown) {
  const row = document.createElement("label"), select = document.createElement("select");
  for (const option of options) select.append(new Option(option, option, false, option === S[key]));
  select.onchange = () => { S[key] = select.value; controls.forEach(c => c.show && c.show()); update(false); };
  row.append(name, select);
  row.show = () => row.hidden = shown && !shown();
  box.append(row);
  return row;
}

const controls = [];
function buildControls() {
  const segment = $("segment"), most = (1 << D.bits) - 1;
  const live = Object.keys(methods);
  choice(segment, "method", "method", live.includes(S.method) ? live : [S.method, ...live]);
  controls.push(choice(segment, "polarity", "objects are", ["bright", "dark"], () => !!methods[S.method]),
    field(segment, "threshold", "threshold, grey level", 0, most, 1, () => S.method === "threshold"),
    field(segment, "window", "window, px", 3, 255, 2, () => S.method === "adaptive"),
    field(segment, "offset", "offset, grey levels", -50, 100, 1, () => S.method === "adaptive"));
  const note = document.createElement("p");
  note.className = "soft";
  note.textContent = "This method needs more than one frame: what the program found is shown. Regions and area limits are live.";
  note.show = () => note.hidden = !!methods[S.method];
  segment.append(note);
  controls.push(note);
  controls.forEach(c => c.show());
  const area = D.width * D.height;
  field($("label"), "min_area", "smallest, px", 0, Math.min(5000, area), 1);
  field($("label"), "max_area", "largest, px (0: no limit)", 0, Math.min(200000, area), 1);
  $("unit").value = S.unit;
  $("scale").value = ruler() ? scaleByRuler() : S.units_per_pixel || "";
  $("unit").oninput = () => { S.unit = $("unit").value || "px"; update(false); };
  $("scale").oninput = () => { if (+$("scale").value > 0) { S.units_per_pixel = +$("scale").value; S.scale_points = []; update(false); } };
}

// Drawing.
const hints = {
  polygon: "Click its corners; a double click or Enter closes it, Escape gives up.",
  rectangle: "Drag from corner to corner.", circle: "Drag from the middle to the edge.",
  wells: "Drag a rectangle around all wells; rows, columns and the gap between two, px, are beside.",
  ruler: "Drag along something of known length, then say how long it is.",
};
function choose(name) {
  tool = tool === name ? null : name;
  drawn = []; drag = null;
  for (const b of document.querySelectorAll("[data-tool]")) b.setAttribute("aria-pressed", b.dataset.tool === tool);
  $("grid").hidden = tool !== "wells";
  $("hint").textContent = tool ? hints[tool] : "Choose a tool to draw where to look, or to measure.";
  draw();
}
const place = e => {
  const box = $("picture").getBoundingClientRect();
  return [(e.clientX - box.left) * D.width / box.width, (e.clientY - box.top) * D.height / box.height];
};
function measure(a, b) {
  const length = Math.hypot(b[0] - a[0], b[1] - a[1]);
  const said = prompt(`This line is ${rounded(length)} px long. How long is it really? (for example 20 mm)`);
  const match = said && said.trim().match(/^([0-9.]+)\s*(\S+)$/);
  if (match && +match[1] > 0 && length > 0) {
    S.scale_points = [a, b].map(p => p.map(v => Math.round((v - 0.5) * 100) / 100));  // px centres are whole numbers
    S.scale_length = +match[1];
    S.unit = match[2];
    $("unit").value = S.unit;
    $("scale").value = scaleByRuler();
  }
  drawn = []; drag = null;
  update();
}
function listen() {
  const canvas = $("picture");
  canvas.onpointerdown = e => {
    if (!tool) return;
    if (tool === "polygon") { drawn = [[...(drawn[0] || []), place(e).map(rounded)]]; draw(); return; }
    drag = place(e);
    canvas.setPointerCapture(e.pointerId);
  };
  canvas.onpointermove = e => { if (drag) { drawn = outline(drag, place(e)); draw(); } };
  canvas.onpointerup = e => {
    if (!drag) return;
    const from = drag, to = place(e);
    if (Math.hypot(to[0] - from[0], to[1] - from[1]) < 2) { drawn = []; drag = null; draw(); return; }
    if (tool === "ruler") measure(from, to);
    else if (tool === "circle" || (from[0] !== to[0] && from[1] !== to[1])) addRegion(shape(from, to));
  };
  const close = () => { if (tool === "polygon" && drawn.length && drawn[0].length > 2) addRegion({ points: drawn[0] }); };
  canvas.ondblclick = () => { if (drawn.length) drawn[0].pop(); close(); };
  onkeydown = e => { if (e.key === "Enter") close(); if (e.key === "Escape") { drawn = []; drag = null; draw(); } };
  for (const b of document.querySelectorAll("[data-tool]")) b.onclick = () => choose(b.dataset.tool);
  $("frame").oninput = () => { at = +$("frame").value; draw(); };
  $("save").onclick = () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([toml()], { type: "application/toml" }));
    link.download = "rig.toml";
    link.click();
  };
  $("copy").onclick = () => { $("toml").select(); document.execCommand("copy"); };
}

async function begin() {
  document.title = `tune: ${D.name}`;
  $("name").textContent = D.name;
  $("facts").textContent = `${D.width} × ${D.height} px, ${D.bits} bits` + (D.fps > 0 ? `, ${D.fps} frames/s` : "") +
    (D.reason ? ` · ${D.reason}` : "") + (D.bits > 8 ? " · shown in 256 grey levels: counts near the threshold may differ" : "");
  $("command").textContent = D.command;
  $("picture").width = D.width;
  $("picture").height = D.height;
  $("frame").max = D.frames.length - 1;
  $("frame").value = at = D.frames.length >> 1;
  for (const f of D.frames) frames.push({ grey: await pixelsOf(f.grey), mask: await pixelsOf(f.mask) });
  buildControls();
  listen();
  choose(null);
  update();
  const said = check();
  $("check").textContent = said;
  $("check").className = said.startsWith("Frame") ? "warn" : "soft";
}
begin();

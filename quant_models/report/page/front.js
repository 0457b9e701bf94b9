"use strict";
// The front as points in a box that can be turned: each axis scaled to its range, perturbation by its logarithm.
(() => {
  const canvas = document.getElementById("front"), tip = document.getElementById("front-tip");
  const paper = canvas.getContext("2d");
  const views = {
    box: [0.62, 0.42], memory: [0, 0], operations: [Math.PI / 2, 0], sizes: [0, Math.PI / 2],
  };
  let [yaw, pitch] = views.box, places = [], drag = null, shown = -1;
  const all = D.points.concat(D.uniform.map((u) => u.costs));

  // x: memory of weights, y: perturbation, z: bit operations.
  const axes = [1, 0, 2].map((at) => {
    const values = all.map((p) => p[at]);
    const positive = values.filter((v) => v > 0), log = at === 0 && positive.length > 0;
    const least = log ? Math.min(...positive) : 0;
    const scale = (v) => (log ? Math.log10(Math.max(v, least)) : v);
    const low = Math.min(...values.map(scale)), high = Math.max(...values.map(scale));
    return {
      at, name: D.axes[at], low: log ? 10 ** low : low, high: log ? 10 ** high : high,
      place: (v) => (high > low ? (2 * (scale(v) - low)) / (high - low) - 1 : 0),
    };
  });

  const text = (v) => (v === 0 ? "0" : Math.abs(v) >= 100 ? v.toFixed(0) : v.toPrecision(3).replace(/\.?0+(e|$)/, "$1"));
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  // Where a place in the box lies on the paper, and how near it is.
  function project([x, y, z], frame) {
    const [cy, sy, cp, sp] = [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch)];
    const right = x * cy + z * sy, back = z * cy - x * sy;
    const up = y * cp + back * sp, away = back * cp - y * sp;
    const near = 1 / (1 + 0.08 * away);
    return [frame.x + right * frame.size * near, frame.y - up * frame.size * near, -away];
  }

  function line(a, b, frame, style, width) {
    const from = project(a, frame), to = project(b, frame);
    paper.strokeStyle = style;
    paper.lineWidth = width;
    paper.beginPath();
    paper.moveTo(from[0], from[1]);
    paper.lineTo(to[0], to[1]);
    paper.stroke();
  }

  function write(words, at, frame, style, bold) {
    const [x, y] = project(at, frame);
    paper.font = (bold ? "600 " : "") + frame.font + "px system-ui,sans-serif";
    paper.fillStyle = style;
    const half = paper.measureText(words).width / 2;
    paper.textAlign = "center";
    paper.fillText(words, Math.min(Math.max(x, half + 2), frame.width - half - 2), Math.min(Math.max(y, 12), frame.height - 4));
  }

  function box(frame) {
    const [rule, soft, ink] = [colour("--rule"), colour("--soft"), colour("--ink")];
    for (const a of [-1, 1]) {
      for (const b of [-1, 1]) {
        line([-1, a, b], [1, a, b], frame, rule, 1);
        line([a, -1, b], [a, 1, b], frame, rule, 1);
        line([a, b, -1], [a, b, 1], frame, rule, 1);
      }
    }
    const out = 1.17;
    const ends = [
      [[-0.9, -out, -1], [0.78, -out, -1], [0, -out - 0.1, -1]],
      [[-out, -0.97, -1], [-out, 1, -1], [-1.1, 1.17, -1]],
      [[1, -out, -0.74], [1, -out, 1], [1, -out - 0.1, 0]],
    ];
    const corners = [[[-1, -1, -1], [1, -1, -1]], [[-1, -1, -1], [-1, 1, -1]], [[1, -1, -1], [1, -1, 1]]];
    axes.forEach((axis, i) => {
      // An axis that is looked along has nothing to say.
      const [p, q] = corners[i].map((c) => project(c, frame));
      if (Math.hypot(p[0] - q[0], p[1] - q[1]) < 30) return;
      line(corners[i][0], corners[i][1], frame, soft, 1.5);
      write(text(axis.low), ends[i][0], frame, soft, false);
      write(text(axis.high), ends[i][1], frame, soft, false);
      write(axis.name, ends[i][2], frame, ink, true);
    });
  }

  function mark(shape, x, y, size) {
    paper.beginPath();
    if (shape === "square") paper.rect(x - size, y - size, 2 * size, 2 * size);
    else paper.arc(x, y, size, 0, 2 * Math.PI);
  }

  function draw() {
    const ratio = window.devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    paper.setTransform(ratio, 0, 0, ratio, 0, 0);
    const frame = {width, height, x: width / 2, y: height / 2 + 4, size: Math.min(width / 3.3, height / 3.3),
                   font: width < 500 ? 12 : width < 1400 ? 13 : 15};
    box(frame);
    places = all.map((p, i) => {
      const [x, y, near] = project(axes.map((axis) => axis.place(p[axis.at])), frame);
      return {i, x, y, near};
    });
    const [front, other, chosen, ink] = [colour("--s0"), colour("--s1"), colour("--s2"), colour("--ink")];
    for (const at of places.slice().sort((a, b) => a.near - b.near)) {
      const uniform = at.i >= D.points.length, best = at.i === D.chosen;
      paper.globalAlpha = uniform || best || at.i === shown ? 1 : 0.45 + 0.2 * (at.near + 1.5) / 3;
      mark(uniform ? "square" : "dot", at.x, at.y, best ? 8 : uniform ? 5 : at.i === shown ? 6 : 3.5);
      paper.lineWidth = 2;
      paper.fillStyle = best ? chosen : front;
      paper.strokeStyle = best ? ink : other;
      if (!uniform) paper.fill();
      if (uniform || best) paper.stroke();
      paper.globalAlpha = 1;
    }
    const name = (i, words) => {
      paper.font = "600 " + frame.font + "px system-ui,sans-serif";
      paper.fillStyle = i === D.chosen ? chosen : other;
      const wide = paper.measureText(words).width, right = places[i].x + 12 + wide < width;
      paper.textAlign = right ? "left" : "right";
      paper.fillText(words, places[i].x + (right ? 12 : -12), places[i].y - 6);
    };
    D.uniform.forEach((u, i) => name(D.points.length + i, u.name));
    name(D.chosen, "chosen");
  }

  // "4 bits: 12, 8 bits: 3" of the members whose names end so.
  function counts(i, ending) {
    const found = new Map();
    D.members.forEach((m, k) => {
      if (m.endsWith(ending)) found.set(D.bits[i][k], (found.get(D.bits[i][k]) || 0) + 1);
    });
    return [...found].sort((a, b) => a[0] - b[0]).map(([bits, n]) => n + " × " + bits + " bits").join(", ");
  }

  function tell() {
    tip.hidden = shown < 0;
    if (shown < 0) return;
    const p = all[shown], lines = D.axes.map((name, at) => name + ": " + text(p[at]));
    if (shown >= D.points.length) {
      lines.unshift(D.uniform[shown - D.points.length].name + " everywhere");
    } else {
      if (shown === D.chosen) lines.unshift("chosen");
      for (const what of ["weights", "value"]) {
        const n = D.bits[shown] ? counts(shown, " " + what) : "";
        if (n) lines.push((what === "value" ? "values" : what) + ": " + n);
      }
    }
    tip.textContent = lines.join("\n");
    const at = places[shown], wide = tip.offsetWidth;
    tip.style.left = Math.max(0, Math.min(at.x + 14, canvas.clientWidth - wide - 4)) + "px";
    tip.style.top = Math.min(at.y + 14, canvas.clientHeight - tip.offsetHeight - 4) + "px";
  }

  function show(i) {
    if (i === shown) return;
    shown = i;
    draw();
    tell();
  }

  function nearest(event) {
    const area = canvas.getBoundingClientRect(), x = event.clientX - area.left, y = event.clientY - area.top;
    let best = -1, least = 14 * 14;
    for (const at of places) {
      const distance = (at.x - x) ** 2 + (at.y - y) ** 2;
      if (distance < least) [best, least] = [at.i, distance];
    }
    return best;
  }

  function turn(right, up) {
    yaw += right;
    pitch = Math.max(-Math.PI / 2, Math.min(Math.PI / 2, pitch + up));
    draw();
    tell();
  }

  canvas.addEventListener("pointerdown", (e) => {
    drag = [e.clientX, e.clientY];
    canvas.setPointerCapture(e.pointerId);
    show(nearest(e));
  });
  canvas.addEventListener("pointermove", (e) => {
    if (drag === null) return show(nearest(e));
    turn((e.clientX - drag[0]) * 0.008, (e.clientY - drag[1]) * 0.008);
    drag = [e.clientX, e.clientY];
  });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => { drag = null; });
  canvas.addEventListener("pointerleave", () => { if (drag === null) show(-1); });
  canvas.addEventListener("keydown", (e) => {
    const step = {ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, -0.1], ArrowDown: [0, 0.1]}[e.key];
    if (!step) return;
    e.preventDefault();
    turn(step[0], step[1]);
  });
  for (const button of document.querySelectorAll("[data-view]")) {
    button.addEventListener("click", () => {
      [yaw, pitch] = views[button.dataset.view];
      draw();
      tell();
    });
  }
  window.addEventListener("resize", draw);
  window.matchMedia("(prefers-color-scheme:dark)").addEventListener("change", draw);
  draw();
})();

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <string_view>

#include "base/base64.hpp"
#include "base/page/chart.hpp"
#include "base/page/parts.hpp"
#include "base/text.hpp"
#include "base/version.hpp"
#include "quant_models/cim/device.hpp"
#include "quant_models/fusion/rem_cim_result.hpp"

namespace flashcell::quant {
namespace {

constexpr float kShownScore = 0.3F;

constexpr const char* kStyle =
    ".figures{grid-template-columns:repeat(auto-fit,minmax(190px,1fr))}"
    ".views{display:grid;grid-template-columns:repeat(auto-fit,minmax(230px,1fr));gap:10px;margin:0 0 18px}"
    ".views figure{margin:0}.views figcaption{font-size:.82rem;color:var(--soft)}"
    ".views svg{border-radius:6px}.views image{image-rendering:pixelated}"
    ".views rect{fill:none;vector-effect:non-scaling-stroke;stroke-width:2px}"
    ".views rect.hard{stroke-dasharray:3 3;opacity:.8}"
    ".c0{stroke:#ff9d2e;background:#ff9d2e}.c1{stroke:#35e0c0;background:#35e0c0}.c2{stroke:#ff5fd2;background:#ff5fd2}"
    ".key i{display:inline-block;width:1em;height:3px;margin:0 .4em 0 .9em;vertical-align:middle}"
    ".fails{color:var(--warn);font-weight:600}section h3{font-size:.92rem;margin:.4em 0 .5em}";

std::string number(double value) {
  return value < 0 ? "–" : fmt::format("{:.3f}", value);
}

std::string png_of(const cv::Mat& picture) {
  std::vector<uint8_t> bytes;
  cv::imencode(".png", picture, bytes);
  return "data:image/png;base64," + base64(bytes.data(), bytes.size());
}

std::string frame_picture(const FusionExample& example, int rows, int columns) {
  cv::Mat picture(rows, columns, CV_8UC3);
  const size_t pixels = static_cast<size_t>(rows) * static_cast<size_t>(columns);
  for (size_t i = 0; i < pixels; ++i)
    for (size_t c = 0; c < 3; ++c) picture.data[3 * i + c] = example.rgb[(2 - c) * pixels + i];
  return png_of(picture);
}

/// Sums over the bins: brighter where it became brighter, darker where darker.
std::string events_picture(const FusionExample& example, int rows, int columns) {
  cv::Mat picture(rows, columns, CV_8UC1);
  const size_t pixels = static_cast<size_t>(rows) * static_cast<size_t>(columns);
  for (size_t i = 0; i < pixels; ++i) {
    float sum = 0;
    for (size_t at = i; at < example.events.size(); at += pixels) sum += example.events[at];
    picture.data[i] = static_cast<uint8_t>(std::clamp(128 + 90 * sum, 0.0F, 255.0F));
  }
  return png_of(picture);
}

std::string rectangle(const Box& box, const std::string& style, double opacity) {
  return fmt::format(
      "<rect class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" opacity=\"{:.2f}\"/>", style,
      box.left, box.top, box.width(), box.height(), opacity);
}

std::string view(const std::string& caption, const std::string& picture, const std::string& boxes,
                 const FusionDetectorOptions& size) {
  return fmt::format(
      "<figure><svg viewBox=\"0 0 {0} {1}\" role=\"img\" aria-label=\"{2}\"><image width=\"{0}\" height=\"{1}\" "
      "href=\"{3}\"/>{4}</svg><figcaption>{2}</figcaption></figure>\n",
      size.columns, size.rows, markup_escape(caption), picture, boxes);
}

std::string marked_boxes(const ShownScene& scene) {
  std::string boxes;
  for (const MarkedObject& object : scene.example.objects)
    boxes += rectangle(object.box, fmt::format("c{}{}", object.object_class % 3, object.difficult ? " hard" : ""), 1);
  return boxes;
}

std::string found_boxes(const std::vector<Detection>& found) {
  std::string boxes;
  for (const Detection& d : found)
    if (d.score >= kShownScore)
      boxes +=
          rectangle(d.box, fmt::format("c{}", d.object_class % 3), std::min(1.0, 0.4 + static_cast<double>(d.score)));
  return boxes;
}

std::string scenes_section(const RemCimResult& r) {
  if (r.scenes.empty()) return "";
  std::string body = "<p class=\"key\">";
  for (size_t i = 0; i < r.classes.size(); ++i)
    body += fmt::format("<i class=\"c{}\"></i>{}", i % 3, markup_escape(r.classes[i]));
  body += "</p>\n";
  for (const ShownScene& scene : r.scenes) {
    const std::string frame = frame_picture(scene.example, r.size.rows, r.size.columns);
    const std::string events = events_picture(scene.example, r.size.rows, r.size.columns);
    body += fmt::format("<h3>{}</h3><div class=\"views\">", scene.example.night ? "By night" : "By day");
    body += view("what there is", frame, marked_boxes(scene), r.size);
    body += view("its events", events, "", r.size);
    for (size_t i = 0; i < scene.found.size(); ++i)
      body += view(r.systems[i].name, r.systems[i].name == "events alone" ? events : frame, found_boxes(scene.found[i]),
                   r.size);
    body += "</div>\n";
  }
  return section(
      "What each of them finds",
      fmt::format("On the first chip, {} after programming; the first scenes of the test with two objects that "
                  "count; dashed: too small or hidden to count; found: score of {} and more.",
                  cim::duration_text(r.systems.front().on_arrays.front().seconds), kShownScore),
      body);
}

std::string accuracy_section(const RemCimResult& r) {
  std::string head = "<th class=\"text\">system</th><th>real numbers</th><th>its bits</th>";
  for (const ArrayAccuracy& p : r.systems.front().on_arrays)
    head += fmt::format("<th>{} after programming</th><th>chips</th><th>by day</th><th>by night</th>",
                        cim::duration_text(p.seconds));
  std::string rows;
  for (const SystemResult& s : r.systems) {
    rows += fmt::format("<tr><td class=\"text\">{}</td><td>{}</td><td>{}</td>", markup_escape(s.name),
                        number(s.real.all.at_half), number(s.quantized.all.at_half));
    for (const ArrayAccuracy& p : s.on_arrays)
      rows += fmt::format("<td>{}</td><td>{:.3f} – {:.3f}</td><td>{}</td><td>{}</td>", number(p.mean.all.at_half),
                          p.low, p.high, number(p.mean.day.at_half), number(p.mean.night.at_half));
    std::string published = "–";
    for (const FusionSystem& known : kFusionSystems)
      if (s.name == known.name) published = fmt::format("{:.3f}", known.map);
    rows += fmt::format("<td>{}</td></tr>\n", published);
  }
  return section(
      "Mean average precision",
      "At an overlap of 0.5. On arrays with all errors: programming, retention, converters. Published figures "
      "are of large networks on other scenes: compare the orders, not the numbers.",
      "<div class=\"scroll\"><table><thead><tr>" + head + "<th>published</th></tr></thead><tbody>" + rows +
          "</tbody></table></div>");
}

std::string cost_section(const RemCimResult& r) {
  std::string rows;
  for (const SystemResult& s : r.systems) {
    rows += fmt::format("<tr><td class=\"text\">{}</td><td>{}</td><td>{:.3f}</td><td>{:.3f}</td><td>{:.2f}</td>",
                        markup_escape(s.name), s.cells, s.area, s.energy, s.weight_bits);
    std::string counted = "<td></td><td></td><td></td><td></td><td></td><td></td>";
    for (const SystemCount& count : r.papers_size)
      if (s.name == count.system->name)
        counted = fmt::format(
            "<td>{:.1f} M</td><td>{:.0f} M</td><td>{:.3f}</td><td>{:.2f}</td><td>{:.3f}</td><td>{:.2f}</td>",
            static_cast<double>(count.cells) / 1e6, count.system->cells / 1e6, count.area, count.system->area,
            count.energy, count.system->energy);
    rows += counted + "</tr>\n";
  }
  return section(
      "Cells and converters",
      "Area: columns times bits; energy: conversions times bits; both over MEA-FPN's. Left of this run's "
      "networks, right of the paper's size beside the published ones.",
      "<div class=\"scroll\"><table><thead><tr><th class=\"text\">system</th><th>cells</th><th>ADC "
      "area</th><th>ADC energy</th><th>bits a weight</th><th>cells, paper's size</th><th>published</th><th>ADC "
      "area</th><th>published</th><th>ADC energy</th><th>published</th></tr></thead><tbody>" +
          rows + "</tbody></table></div>");
}

std::string bits_section(const RemCimResult& r) {
  std::string head = "<th class=\"text\">module</th><th>weights</th>", rows;
  for (const int bits : r.bits.bits) head += fmt::format("<th>{} bits</th>", bits);
  for (const ModuleSensitivity& m : r.bits.modules) {
    rows += fmt::format("<tr><td class=\"text\">{}</td><td>{}</td>", markup_escape(m.module), m.weights);
    for (const double loss : m.losses) rows += fmt::format("<td>{:.3f}</td>", loss);
    rows += fmt::format("<td>{}</td></tr>\n", r.bits.chosen.at(m.module));
  }
  const std::string table = "<div class=\"scroll\"><table><thead><tr>" + head + "<th>chosen</th></tr></thead><tbody>" +
                            rows + "</tbody></table></div>";
  return section(
      "How few bits each module's weights stand",
      fmt::format("Loss of mAP of scenes to learn by when one module's weights have so many bits; chosen is the "
                  "least memory whose losses add up to at most {}: {:.2f} bits a weight.",
                  r.bits_budget, r.bits.bits_per_weight),
      table);
}

std::string orders_section(const RemCimResult& r) {
  std::string rows;
  for (const ExpectedOrder& o : r.orders)
    rows += fmt::format(
        "<tr><td class=\"text\">{} ≥ {}</td><td class=\"text\">{}</td><td class=\"text{}\">{}</td><td>{:.3f}</td>"
        "<td>{:.3f}</td><td>{:.0f} %</td></tr>\n",
        markup_escape(o.greater), markup_escape(o.smaller), o.night ? "by night" : "all scenes",
        o.verdict() == std::string_view("fails") ? " fails" : "", o.verdict(), o.first, o.second, 100 * o.sure);
  return section(
      "Which of the expected orders hold",
      "With all errors, the last time. The last column: share of resamples of the test scenes in which the "
      "order holds on the first chip. Open: fewer than nine in ten say so.",
      "<div class=\"scroll\"><table><thead><tr><th class=\"text\">expected</th><th class=\"text\">of</th><th "
      "class=\"text\"></th><th>first</th><th>second</th><th>resamples</th></tr></thead><tbody>" +
          rows + "</tbody></table></div>");
}

std::string key_figures(const RemCimResult& r) {
  std::string out = "<div class=\"figures\">";
  for (const SystemResult& s : r.systems)
    out += figure(number(s.on_arrays.back().mean.all.at_half),
                  fmt::format("{}: mAP, {} after programming", s.name, cim::duration_text(s.on_arrays.back().seconds)));
  const auto count = [&](std::string_view verdict) {
    return std::count_if(r.orders.begin(), r.orders.end(),
                         [&](const ExpectedOrder& o) { return o.verdict() == verdict; });
  };
  out += figure(fmt::format("{} of {}", count("holds"), r.orders.size()),
                fmt::format("expected orders hold, {} fail, the others are open", count("fails")), count("fails") > 0);
  if (r.cpu_minutes > 0) out += figure(short_number(r.cpu_minutes), "minutes of processor time, the last start alone");
  return out + "</div>\n";
}

}  // namespace

std::string to_page(const RemCimResult& r) {
  std::string page = page_head(
      "REM-CiM's table", "flashcell experiment rem-cim", "Frames and events on compute-in-memory arrays",
      fmt::format(
          "{} × {} pixels, width {} · {} scenes to learn by, {} to test with · {} epochs, {} more with few bits · "
          "{} chips on {} · seed {}",
          r.size.columns, r.size.rows, r.size.width, r.train, r.test, r.epochs, r.tuning_epochs, r.chips, r.device,
          r.seed),
      kStyle);
  page +=
      key_figures(r) + accuracy_section(r) + orders_section(r) + cost_section(r) + bits_section(r) + scenes_section(r);
  page += section("To repeat it", "The same command gives the same networks and figures.",
                  "<pre class=\"command\">" + markup_escape(r.command) + "</pre>");
  return page + fmt::format("<footer>{} · device: {}</footer>\n</main></body></html>\n", program_version(),
                            markup_escape(r.device_source));
}

}  // namespace flashcell::quant

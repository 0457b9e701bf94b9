#include <fmt/format.h>

#include <filesystem>

#include "base/page/chart.hpp"
#include "base/page/parts.hpp"
#include "base/text.hpp"
#include "base/version.hpp"
#include "quant_models/report/data_free_sections.hpp"
#include "run_page_text.hpp"

namespace flashcell::quant {
namespace {

// A drop of so much in accuracy stands out.
constexpr double kMuch = 0.05;

std::string percent(double share) {
  return fmt::format("{:.2f} %", 100 * share);
}

std::string accuracy_figures(const TestFigures& test) {
  const double own = test.integer.value_or(test.quantized), drop = test.real - own;
  return figure(percent(own),
                test.integer ? "of the test pictures right, integers on the engine"
                             : "of the test pictures right, with quantized numbers",
                drop > kMuch) +
         figure(percent(test.real), fmt::format("right in real numbers, of {} pictures", test.pictures)) +
         figure(fmt::format("{:+.2f}", -100 * drop), "points from quantization", drop > kMuch);
}

std::string key_figures(const DataFreeRun& run) {
  const NetworkSize &real = run.real_size, &own = run.quantized_size;
  std::string out = "<div class=\"figures\">";
  if (run.test) out += accuracy_figures(*run.test);
  out += figure(
      short_number(megabytes(own.parameter_bits)) + " MB",
      fmt::format("of weights and parameters, {} MB in real numbers", short_number(megabytes(real.parameter_bits))));
  out += figure(short_number(static_cast<double>(own.bit_operations) * 1e-9) + " G",
                fmt::format("bit operations a picture, {} G in real numbers",
                            short_number(static_cast<double>(real.bit_operations) * 1e-9)));
  out += figure(short_number(static_cast<double>(own.macs) * 1e-6) + " M", "multiply-accumulates a picture");
  if (run.images > 0) out += figure(short_number(static_cast<double>(run.images)), "pictures");
  out += figure(short_number(run.cpu_minutes), "minutes of processor time, the last start alone");
  return out + "</div>\n";
}

std::string warnings(const DataFreeRun& run) {
  std::string lines;
  const auto add = [&](const std::string& what, const std::string& advice) {
    if (!advice.empty()) lines += fmt::format("<li><b>{}</b><br>{}</li>\n", what, markup_escape(advice));
  };
  add("The engine does not take this network: there is no .fcnn, the ONNX file runs elsewhere", run.refused);
  add("Assumed", run.assumed);
  if (lines.empty()) return "";
  return fmt::format("<section class=\"warnings\"><h2>To know first</h2><ul>\n{}</ul></section>\n", lines);
}

std::string done_section(const DataFreeRun& run) {
  if (run.steps.empty()) return "";
  std::string list = "<ol class=\"done\">";
  for (const std::string& step : run.steps) list += "<li>" + markup_escape(step) + "</li>";
  return section("What was done", "", list + "</ol>");
}

std::string commands_section(const DataFreeRun& run) {
  std::string body;
  for (const std::string& command : run.commands) body += "<pre class=\"command\">" + markup_escape(command) + "</pre>";
  return section("To repeat it and to use it", "The same command and seed give the same files.", body);
}

}  // namespace

double megabytes(int64_t bits) {
  return static_cast<double>(bits) / 8 / (1 << 20);
}

std::string to_page(const DataFreeRun& run) {
  const std::string network = std::filesystem::path(run.network).filename().string();
  std::string page = page_head(
      run.model + " – quantized without data", "flashcell quantize", run.model,
      fmt::format("{} · {} · pictures by {} · seed {}", network, run.family, run.method, run.seed), kRunPageStyle);
  page += warnings(run);
  page += key_figures(run);
  page += pictures_section(run);
  page += losses_section(run);
  if (run.front) page += front_section(*run.front);
  page += layers_section(run);
  page += similarity_section(run.similarities);
  page += done_section(run);
  page += commands_section(run);
  return page + fmt::format("<footer>{} · source: {}</footer>\n</main></body></html>\n", program_version(),
                            markup_escape(run.network));
}

}  // namespace flashcell::quant

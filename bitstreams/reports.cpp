#include "bitstreams/reports.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>
#include <vector>

namespace flashcell::bitstreams {
namespace {

namespace fs = std::filesystem;

std::string trimmed(const std::string& text) {
  const size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::optional<double> number_of(const std::string& text) {
  double value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Cells of a table's row "| a | b |"; empty for any other line.
std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  if (line.empty() || line[0] != '|') return cells;
  std::istringstream row(line.substr(1));
  for (std::string cell; std::getline(row, cell, '|');) cells.push_back(trimmed(cell));
  return cells;
}

std::string text_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

}  // namespace

void read_utilization(const std::string& text, BuildFigures& figures) {
  static const std::vector<std::string> kRows = {"CLB LUTs", "CLB Registers", "Block RAM Tile", "URAM", "DSPs"};
  std::istringstream lines(text);
  size_t used = 0, available = 0;  // columns of the table at hand
  for (std::string line; std::getline(lines, line);) {
    const std::vector<std::string> cells = cells_of(line);
    if (cells.empty()) continue;
    if (cells[0] == "Site Type") {
      used = static_cast<size_t>(std::find(cells.begin(), cells.end(), "Used") - cells.begin());
      available = static_cast<size_t>(std::find(cells.begin(), cells.end(), "Available") - cells.begin());
      continue;
    }
    // A total that is estimated carries a star.
    const std::string row = cells[0].substr(0, cells[0].find('*'));
    if (std::find(kRows.begin(), kRows.end(), row) == kRows.end() || figures.used.count(row) != 0) continue;
    if (used < cells.size() && number_of(cells[used])) figures.used[row] = *number_of(cells[used]);
    if (available < cells.size() && number_of(cells[available])) figures.available[row] = *number_of(cells[available]);
  }
}

void read_timing(const std::string& text, BuildFigures& figures) {
  const size_t at = text.find("Design Timing Summary");
  if (at == std::string::npos) return;
  std::istringstream lines(text.substr(at));
  std::vector<std::string> names;
  for (std::string line; std::getline(lines, line);) {
    if (names.empty()) {
      // Two spaces or more part the names, which have single ones inside; the slacks come in groups of four.
      if (line.find("WNS(ns)") != std::string::npos) names.push_back(line);
      continue;
    }
    std::istringstream fields(line);
    std::vector<double> values;
    for (std::string field; fields >> field;) {
      if (const auto value = number_of(field)) values.push_back(*value);
    }
    if (values.empty()) continue;
    constexpr size_t kHold = 4;
    figures.worst_slack_ns = values[0];
    if (values.size() > kHold) figures.worst_hold_slack_ns = values[kHold];
    return;
  }
}

void read_bitstream_info(const std::string& text, BuildFigures& figures) {
  std::istringstream lines(text);
  std::string name;
  for (std::string line; std::getline(lines, line);) {
    const size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    const std::string key = trimmed(line.substr(0, colon)), value = trimmed(line.substr(colon + 1));
    if (key == "Name") name = value;
    const size_t unit = value.find(" MHz");
    if (key != "Frequency" || name.empty() || unit == std::string::npos) continue;
    if (const auto frequency = number_of(value.substr(0, unit))) figures.clocks_mhz[name] = *frequency;
  }
}

BuildFigures read_reports(const fs::path& folder) {
  BuildFigures figures;
  std::vector<fs::path> files;
  std::error_code ignored;
  for (const auto& entry : fs::recursive_directory_iterator(folder, ignored)) {
    if (entry.is_regular_file(ignored)) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) {
    const std::string name = file.filename().string();
    if (name.ends_with("full_util_routed.rpt")) read_utilization(text_of(file), figures);
    if (name.ends_with("timing_summary_routed.rpt")) read_timing(text_of(file), figures);
    if (name.ends_with(".xclbin.info")) read_bitstream_info(text_of(file), figures);
  }
  return figures;
}

}  // namespace flashcell::bitstreams

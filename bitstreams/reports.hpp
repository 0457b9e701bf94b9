#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace flashcell::bitstreams {

/// What a finished build's reports say; empty where a report is missing.
struct BuildFigures {
  std::map<std::string, double> used;       ///< CLB LUTs, CLB Registers, Block RAM Tile, URAM, DSPs: of the whole chip
  std::map<std::string, double> available;  ///< the same, as far as the report states it
  std::optional<double> worst_slack_ns;     ///< setup; negative: timing is not met
  std::optional<double> worst_hold_slack_ns;
  std::map<std::string, double> clocks_mhz;  ///< of the bitstream: what the kernels are clocked with
};

/// Tables of Vivado's report_utilization: adds the rows that BuildFigures names.
void read_utilization(const std::string& text, BuildFigures& figures);

/// The design timing summary of Vivado's report_timing_summary.
void read_timing(const std::string& text, BuildFigures& figures);

/// The clocks of xclbinutil's --info text, which v++ leaves beside the bitstream.
void read_bitstream_info(const std::string& text, BuildFigures& figures);

/// Looks for these reports below `folder`: the routed design's utilization and timing, and the bitstream's .info.
BuildFigures read_reports(const std::filesystem::path& folder);

}  // namespace flashcell::bitstreams

#pragma once
#include <cstdint>
#include <set>
#include <string>

namespace flashcell::host {

/// How the software device behaves; set through the environment variable FLASHCELL_SOFTWARE_DEVICE as
/// `key=value,key=value`. Launches are counted from 1 over the whole process, also across a device that is opened
/// again.
struct SoftwareOptions {
  int boards = 1;                       ///< `boards`: devices that there are
  std::string platform;                 ///< `platform`: name; empty: the software xclbin's
  std::string executor = "cpu";         ///< `executor`: cpu or hls
  uint32_t slow_us = 0;                 ///< `slow`: every run takes at least so long, microseconds
  std::set<uint64_t> fail, hang, mute;  ///< `fail=3:7`, `hang=5`, `mute=2`: launches that end in an error, never end,
                                        ///< or end without having written anything
  uint64_t lost = 0;                    ///< `lost`: the launch at which the board vanishes; 0: never
  int lost_opens = -1;                  ///< `lost_opens`: attempts to open it that then fail before it is back; -1: all
  int busy = 0;                         ///< `busy`: first loads of an xclbin that find the board taken
};

/// Throws std::invalid_argument: which part of `text` is wrong.
SoftwareOptions parse_software_options(const std::string& text);

}  // namespace flashcell::host

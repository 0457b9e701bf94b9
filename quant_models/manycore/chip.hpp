#pragma once
#include <cstdint>
#include <string>
#include <vector>

// Chips of many small processing elements, each with a core and memory of its own, joined by a mesh and a router that
// sends copies of a packet to many of them. A chip is described by a TOML file, whose keys are the fields below; every
// key has to be there.
namespace flashcell::quant::manycore {

/// A voltage with its clock. Powers are the whole chip's, all elements in that state.
struct PowerLevel {
  std::string name;
  double clock_mhz = -1, asleep_mw = -1, busy_mw = -1;
};

struct Chip {
  std::string name;

  // [element]
  int64_t elements = -1;
  int64_t sram_bytes = -1, code_bytes = -1;  ///< of an element; the rest of the SRAM is for data
  double nonzero_bytes = -1;                 ///< least that a stored non-zero takes, all that goes with it counted

  // [core] Clocks of the core.
  double nonzero_clocks = -1;   ///< a non-zero visited
  double multiply_clocks = -1;  ///< its product and sum, where its input is not zero
  double add_clocks = -1, divide_clocks = -1, exponential_clocks = -1, load_clocks = -1, store_clocks = -1;
  double row_clocks = -1;                        ///< around the non-zeros of a row
  double send_clocks = -1, receive_clocks = -1;  ///< a packet
  double transfer_clocks = -1;                   ///< a DMA transfer

  // [power]
  double off_mw = -1;
  std::vector<PowerLevel> levels;

  // [mesh] Nodes that are neither router nor memory have elements, row by row.
  int64_t columns = -1, rows = -1, elements_per_node = -1;
  int64_t router_column = -1, router_row = -1, memory_column = -1, memory_row = -1;
  double mesh_mhz = -1, hop_clocks = -1;
  int64_t flit_payload_bits = -1;

  // [router]
  int64_t entries = -1;
  double router_mhz = -1, router_latency_clocks = -1;
  int64_t packet_bits = -1, payload_bits = -1;

  // [memory], [host]: rates in 10^9 a second
  int64_t memory_bytes = -1;
  double memory_rate = -1, memory_latency_ns = -1;
  double host_rate = -1;

  // [link] between chips
  double link_rate = -1, link_latency_ns = -1;
  bool torus = true;      ///< borders are joined
  bool diagonals = true;  ///< six neighbours (triangular) instead of four

  int64_t data_bytes() const { return sram_bytes - code_bytes; }
  /// Flits of the mesh that carry one packet.
  int64_t packet_flits() const { return (packet_bits + payload_bits + flit_payload_bits - 1) / flit_payload_bits; }
};

/// Throws Error(Fault::usage), one line `name:line: …` or `name: …`: no TOML, a key that is unknown, missing or out of
/// range, sizes that do not fit each other.
Chip parse_chip(const std::string& text, const std::string& name);

/// The descriptions that come with the program, by name, and their text.
std::vector<std::string> chip_presets();
const char* preset_text(const std::string& name);

/// A preset's name or the path of a file. Throws Error(Fault::usage) or, of a file that cannot be read, Fault::input.
Chip read_chip(const std::string& name_or_path);

/// The level of that name; the first where `name` is empty. Throws Error(Fault::usage) that lists the levels.
const PowerLevel& level_of(const Chip& chip, const std::string& name);

}  // namespace flashcell::quant::manycore

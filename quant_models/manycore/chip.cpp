#include "quant_models/manycore/chip.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/error.hpp"
#include "base/random_reader.hpp"
#include "base/schema/toml_reader.hpp"
#include "chip_texts.hpp"

namespace flashcell::quant::manycore {
namespace {

constexpr double kMostClocks = 1e6, kMostMegahertz = 1e5, kMostMilliwatts = 1e6, kMostRate = 1e5;
constexpr uint64_t kMostFileBytes = 1 << 20;

void visit_level(PowerLevel& level, schema::Visitor& v) {
  v.text("name", level.name, "");
  v.real("clock_mhz", level.clock_mhz, 1e-3, kMostMegahertz, "");
  v.real("asleep_mw", level.asleep_mw, 0, kMostMilliwatts, "");
  v.real("busy_mw", level.busy_mw, 0, kMostMilliwatts, "");
}

std::string level_fault(const PowerLevel& level) {
  if (level.name.empty()) return "has no name";
  if (level.clock_mhz < 0) return "has no clock_mhz";
  if (level.asleep_mw < 0) return "has no asleep_mw";
  if (level.busy_mw < 0) return "has no busy_mw";
  return level.busy_mw < level.asleep_mw ? "has less power busy than asleep" : "";
}

void visit_element(Chip& chip, schema::Visitor& v) {
  v.section("element", "");
  v.integer("count", chip.elements, 1, 4096, "");
  v.integer("sram_bytes", chip.sram_bytes, 1, 1LL << 32, "");
  v.integer("code_bytes", chip.code_bytes, 0, 1LL << 32, "");
  v.real("nonzero_bytes", chip.nonzero_bytes, 0, 1024, "");
}

void visit_core(Chip& chip, schema::Visitor& v) {
  v.section("core", "");
  const auto clocks = [&](const char* key, double& value) { v.real(key, value, 0, kMostClocks, ""); };
  clocks("nonzero_clocks", chip.nonzero_clocks);
  clocks("multiply_clocks", chip.multiply_clocks);
  clocks("add_clocks", chip.add_clocks);
  clocks("divide_clocks", chip.divide_clocks);
  clocks("exponential_clocks", chip.exponential_clocks);
  clocks("load_clocks", chip.load_clocks);
  clocks("store_clocks", chip.store_clocks);
  clocks("row_clocks", chip.row_clocks);
  clocks("send_clocks", chip.send_clocks);
  clocks("receive_clocks", chip.receive_clocks);
  clocks("transfer_clocks", chip.transfer_clocks);
}

void visit_power(Chip& chip, schema::Visitor& v) {
  v.section("power", "");
  v.real("off_mw", chip.off_mw, 0, kMostMilliwatts, "");
  schema::TableList<PowerLevel> levels(chip.levels, {visit_level, level_fault, 64, {}});
  v.tables("level", levels, "");
}

void visit_mesh(Chip& chip, schema::Visitor& v) {
  v.section("mesh", "");
  v.integer("columns", chip.columns, 1, 64, "");
  v.integer("rows", chip.rows, 1, 64, "");
  v.integer("elements_per_node", chip.elements_per_node, 1, 64, "");
  v.integer("router_column", chip.router_column, 0, 63, "");
  v.integer("router_row", chip.router_row, 0, 63, "");
  v.integer("memory_column", chip.memory_column, 0, 63, "");
  v.integer("memory_row", chip.memory_row, 0, 63, "");
  v.real("clock_mhz", chip.mesh_mhz, 1e-3, kMostMegahertz, "");
  v.real("hop_clocks", chip.hop_clocks, 0, kMostClocks, "");
  v.integer("flit_payload_bits", chip.flit_payload_bits, 1, 65536, "");
}

void visit_router(Chip& chip, schema::Visitor& v) {
  v.section("router", "");
  v.integer("entries", chip.entries, 0, 1LL << 32, "");
  v.real("clock_mhz", chip.router_mhz, 1e-3, kMostMegahertz, "");
  v.real("latency_clocks", chip.router_latency_clocks, 0, kMostClocks, "");
  v.integer("packet_bits", chip.packet_bits, 1, 65536, "");
  v.integer("payload_bits", chip.payload_bits, 0, 65536, "");
}

void visit_outside(Chip& chip, schema::Visitor& v) {
  v.section("memory", "");
  v.integer("bytes", chip.memory_bytes, 1, 1LL << 50, "");
  v.real("gigabytes_per_second", chip.memory_rate, 1e-6, kMostRate, "");
  v.real("latency_ns", chip.memory_latency_ns, 0, 1e9, "");
  v.section("host", "");
  v.real("gigabits_per_second", chip.host_rate, 1e-6, kMostRate, "");
  v.section("link", "");
  v.real("gigabits_per_second", chip.link_rate, 1e-6, kMostRate, "");
  v.real("latency_ns", chip.link_latency_ns, 0, 1e9, "");
  v.boolean("torus", chip.torus, "");
  v.boolean("diagonals", chip.diagonals, "");
}

void visit_chip(Chip& chip, schema::Visitor& v) {
  v.section("", "");
  v.text("name", chip.name, "");
  visit_element(chip, v);
  visit_core(chip, v);
  visit_power(chip, v);
  visit_mesh(chip, v);
  visit_router(chip, v);
  visit_outside(chip, v);
}

/// The first key whose value is still what no file may state. Of the two yes-or-no keys no value is that.
class MissingKey : public schema::Visitor {
 public:
  const std::string& name() const { return missing_; }

  void section(const char* name, const char*) override { section_ = name; }
  void boolean(const char*, bool&, const char*) override {}
  void integer(const char* key, int64_t& value, int64_t, int64_t, const char*) override { check(key, value < 0); }
  void real(const char* key, double& value, double, double, const char*) override { check(key, value < 0); }
  void text(const char* key, std::string& value, const char*) override { check(key, value.empty()); }
  void choice(const char*, std::string&, const std::vector<std::string>&, const char*) override {}
  void range(const char*, int&, int&, int, int, bool, const char*) override {}
  void points(const char*, std::vector<std::array<double, 2>>&, double, const char*) override {}
  void numbers(const char*, std::vector<double>&, size_t, double, const char*) override {}
  void tables(const char* key, schema::Tables& value, const char*) override { check(key, value.size() == 0); }

 private:
  void check(const char* key, bool missing) {
    if (missing && missing_.empty()) missing_ = section_.empty() ? key : fmt::format("{}.{}", section_, key);
  }

  std::string section_, missing_;
};

/// What does not fit together, as one line; empty: nothing.
std::string fault_of(const Chip& chip) {
  if (chip.code_bytes >= chip.sram_bytes) return "element.code_bytes leaves no SRAM for data";
  if (chip.router_column >= chip.columns || chip.router_row >= chip.rows) return "the router lies outside of the mesh";
  if (chip.memory_column >= chip.columns || chip.memory_row >= chip.rows) return "the memory lies outside of the mesh";
  const bool one_place = chip.router_column == chip.memory_column && chip.router_row == chip.memory_row;
  const int64_t places = (chip.columns * chip.rows - (one_place ? 1 : 2)) * chip.elements_per_node;
  if (places < chip.elements)
    return fmt::format("{} elements do not fit {} places of a {} x {} mesh", chip.elements,
                       std::max<int64_t>(0, places), chip.columns, chip.rows);
  for (const PowerLevel& level : chip.levels)
    if (level.asleep_mw < chip.off_mw)
      return fmt::format("power level {} asleep takes less than power.off_mw", level.name);
  std::set<std::string> names;
  for (const PowerLevel& level : chip.levels)
    if (!names.insert(level.name).second) return fmt::format("two power levels are called {}", level.name);
  return "";
}

}  // namespace

Chip parse_chip(const std::string& text, const std::string& name) {
  Chip chip;
  const auto visit = [&](schema::Visitor& v) { visit_chip(chip, v); };
  schema::read_toml(text, {name, Fault::usage, "`flashcell manycore chip spinnaker2` prints all keys"}, visit);
  MissingKey missing;
  visit(missing);
  if (!missing.name().empty())
    throw Error(Fault::usage, fmt::format("{}: {} is missing; a chip's description states every key "
                                          "(`flashcell manycore chip spinnaker2` prints them)",
                                          name, missing.name()));
  if (const std::string fault = fault_of(chip); !fault.empty()) throw Error(Fault::usage, name + ": " + fault);
  return chip;
}

std::vector<std::string> chip_presets() {
  return {"spinnaker2"};
}

const char* preset_text(const std::string& name) {
  return name == "spinnaker2" ? kSpinnaker2Text : nullptr;
}

Chip read_chip(const std::string& name_or_path) {
  if (const char* text = preset_text(name_or_path)) return parse_chip(text, name_or_path);
  std::error_code error;
  if (!name_or_path.ends_with(".toml") && !std::filesystem::exists(name_or_path, error))
    throw Error(Fault::usage, fmt::format("no chip is called '{}': known is {}, or give the path of a .toml file",
                                          name_or_path, fmt::join(chip_presets(), ", ")));
  const std::vector<uint8_t> bytes = read_whole(name_or_path, kMostFileBytes);
  return parse_chip(std::string(bytes.begin(), bytes.end()), name_or_path);
}

const PowerLevel& level_of(const Chip& chip, const std::string& name) {
  if (name.empty()) return chip.levels.front();
  for (const PowerLevel& level : chip.levels)
    if (level.name == name) return level;
  std::vector<std::string> names;
  for (const PowerLevel& level : chip.levels) names.push_back(level.name);
  throw Error(Fault::usage, fmt::format("{} has no level '{}': it has {}", chip.name, name, fmt::join(names, ", ")));
}

}  // namespace flashcell::quant::manycore

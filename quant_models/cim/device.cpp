#include "quant_models/cim/device.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <map>

#include "base/error.hpp"
#include "base/schema/toml_printer.hpp"
#include "base/schema/toml_reader.hpp"
#include "base/text.hpp"
#include "preset_texts.hpp"

namespace flashcell::quant::cim {
namespace {

constexpr double kNotGiven = std::numeric_limits<double>::quiet_NaN();

// What nobody may leave out, as something that no file says.
ArrayDevice unstated() {
  ArrayDevice device;
  CellSection& cell = device.cell;
  cell.g_max = cell.g_min = cell.unit = cell.volts = kNotGiven;
  cell.programming.sigma = device.read.spread.sigma = device.output.bound = kNotGiven;
  cell.sonos_read.fill(kNotGiven);
  PcmParameters& p = cell.pcm;
  p.programming.fill(kNotGiven);
  p.drift_mean.fill(kNotGiven);
  p.drift_sigma.fill(kNotGiven);
  p.read.fill(kNotGiven);
  p.first_read = p.read_time = kNotGiven;
  NorParameters& n = cell.nor;
  n.volts_of_window = n.threshold_sigma = n.loss_per_decade = n.loss_sigma = n.first_second = n.read_sigma = kNotGiven;
  device.array.rows = device.array.columns = device.array.weight_bits = device.array.cell_bits = -1;
  device.input.bits = device.output.bits = -1;
  return device;
}

/// Finds the first key that was left at what unstated() gave it.
class MissingKey final : public schema::Visitor {
 public:
  const std::string& key() const { return key_; }

  void section(const char* name, const char*) override { section_ = name; }
  void boolean(const char*, bool&, const char*) override {}
  void integer(const char* key, int64_t& value, int64_t, int64_t, const char*) override { note(key, value == -1); }
  void real(const char* key, double& value, double, double, const char*) override { note(key, std::isnan(value)); }
  void text(const char* key, std::string& value, const char*) override { note(key, value.empty()); }
  void form(const char*, std::string&, const schema::TextFault&, const char*) override {}
  void choice(const char*, std::string&, const std::vector<std::string>&, const char*) override {}
  void range(const char*, int&, int&, int, int, bool, const char*) override {}
  void points(const char*, std::vector<std::array<double, 2>>&, double, const char*) override {}
  void numbers(const char* key, std::vector<double>& value, size_t, double, const char*) override {
    note(key, value.empty());
  }
  void tables(const char* key, schema::Tables& value, const char*) override { note(key, value.size() == 0); }

 private:
  void note(const char* key, bool missing) {
    if (missing && key_.empty()) key_ = section_.empty() ? key : fmt::format("{}.{}", section_, key);
  }

  std::string section_, key_;
};

std::string contradiction(const ArrayDevice& d) {
  if (d.cell.g_min >= d.cell.g_max) return "cell.g_min must be below cell.g_max";
  if (d.faults.stuck_low + d.faults.stuck_high > 1)
    return "faults.stuck_low and faults.stuck_high add up to more than 1";
  if (d.array.mapping == Mapping::offset && d.array.columns < 1) return "array.columns must hold a column";
  if (d.array.mapping == Mapping::pair && d.array.weight_bits < 2) return "array.weight_bits must have room for a sign";
  if (d.input.cycle_bits > 0 && d.input.bits == 0) return "input.cycle_bits needs input.bits: there are no codes";
  for (size_t i = 1; i < d.cell.laws.size(); ++i)
    if (d.cell.laws[i - 1].seconds >= d.cell.laws[i].seconds) return "[[cell.at]] must be in order of time";
  for (size_t i = 1; i < d.cell.days.size(); ++i)
    if (d.cell.days[i - 1].days >= d.cell.days[i].days) return "[[cell.at]] must be in order of time";
  return "";
}

void check(ArrayDevice& device, const std::string& file) {
  MissingKey missing;
  visit(device, missing);
  if (!missing.key().empty())
    throw Error(Fault::usage, fmt::format("{}: {} is missing; state it, or begin from a preset ({})", printable(file),
                                          missing.key(), fmt::join(preset_names(), ", ")));
  if (const std::string wrong = contradiction(device); !wrong.empty())
    throw Error(Fault::usage, fmt::format("{}: {}", printable(file), wrong));
  device.cell.pcm.g_max = device.cell.nor.g_max = device.cell.g_max;
}

void read_into(ArrayDevice& device, const std::string& text, const std::string& file) {
  schema::read_toml(text, {file, Fault::usage, "docs/cim.md lists all keys"}, [&](schema::Visitor& v) {
    visit(device, v);
    visit_layers(device, v);
  });
}

std::string text_of(const std::string& name) {
  if (!name.ends_with(".toml")) return preset_text(name);
  std::ifstream file(name, std::ios::binary);
  if (!file)
    throw Error(Fault::input, fmt::format("{}: cannot be read; give a preset's name or a TOML file", printable(name)));
  return {std::istreambuf_iterator<char>(file), {}};
}

// "key=value" with the key's section, as TOML; words in quotes.
std::string as_toml(const std::string& change, const std::string& whole) {
  const size_t equals = change.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == change.size())
    throw Error(Fault::usage, fmt::format("cim:{}: '{}' is no key=value", printable(whole), printable(change)));
  const std::string key = change.substr(0, equals);
  std::string value = change.substr(equals + 1);
  double number = 0;
  const auto [end, fault] = std::from_chars(value.data(), value.data() + value.size(), number);
  const bool plain =
      (fault == std::errc() && end == value.data() + value.size()) || value == "true" || value == "false";
  if (!plain && value.find_first_of("\"\\\n\r") == std::string::npos) value = '"' + value + '"';
  return key + " = " + value + "\n";
}

struct Unit {
  const char* name;
  double seconds;
};
constexpr Unit kUnits[] = {{"s", 1},      {"min", 60},     {"h", 3600},    {"d", 86400},
                           {"w", 604800}, {"mo", 2629800}, {"y", 31557600}};

}  // namespace

std::vector<std::string> preset_names() {
  std::vector<std::string> names;
  for (const PresetText& preset : kPresetTexts) names.emplace_back(preset.name);
  return names;
}

std::string preset_text(const std::string& name) {
  for (const PresetText& preset : kPresetTexts)
    if (name == preset.name) return preset.text;
  throw Error(Fault::usage, fmt::format("'{}' is no preset; there are {}, or give a .toml file", printable(name),
                                        fmt::join(preset_names(), ", ")));
}

ArrayDevice read_device(const std::string& text, const std::string& file) {
  ArrayDevice device = unstated();
  read_into(device, text, file);
  device.name = std::filesystem::path(file).stem().string();
  check(device, file);
  return device;
}

ArrayDevice device_of(const std::string& text) {
  std::vector<std::string> parts{""};
  for (const char c : text) c == ',' ? void(parts.emplace_back()) : parts.back().push_back(c);
  ArrayDevice device = unstated();
  read_into(device, text_of(parts[0]), parts[0]);
  for (size_t i = 1; i < parts.size(); ++i) read_into(device, as_toml(parts[i], text), "cim:" + text);
  device.name = std::filesystem::path(parts[0]).stem().string();
  check(device, parts[0]);
  return device;
}

std::string device_text(ArrayDevice device) {
  return schema::print_toml(
      [&](schema::Visitor& v) {
        visit(device, v);
        if (!device.layers.empty()) visit_layers(device, v);
      },
      false);
}

const LayerBits* ArrayDevice::bits_of(const std::string& layer) const {
  const auto found =
      std::find_if(layers.begin(), layers.end(), [&](const LayerBits& each) { return each.name == layer; });
  return found == layers.end() ? nullptr : &*found;
}

ArrayDevice ArrayDevice::of_layer(const std::string& layer) const {
  ArrayDevice own = *this;
  own.layers.clear();
  const LayerBits* bits = bits_of(layer);
  if (bits == nullptr) return own;
  if (bits->weight_bits > 0) own.array.weight_bits = bits->weight_bits;
  own.array.cell_bits = std::min(own.array.cell_bits, own.magnitude_bits());
  if (bits->output_bits > 0) own.output.bits = bits->output_bits;
  return own;
}

std::unique_ptr<CellModel> ArrayDevice::cell_model() const {
  switch (cell.kind) {
    case CellKind::ideal:
      return std::make_unique<IdealCell>();
    case CellKind::generic:
      return std::make_unique<GenericCell>(cell.g_max, cell.programming);
    case CellKind::polynomial:
      return std::make_unique<PolynomialCell>(cell.unit, cell.laws);
    case CellKind::pcm:
      return std::make_unique<PcmCell>(cell.pcm);
    case CellKind::sonos:
      return std::make_unique<SonosCell>(cell.volts, cell.days, cell.sonos_read);
    case CellKind::nor:
      return std::make_unique<NorCell>(cell.nor);
  }
  throw Error(Fault::bug, "a kind of cell without a model");
}

double seconds_of(std::string_view text) {
  double number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
  while (unit.starts_with(' ')) unit.remove_prefix(1);
  if (fault == std::errc() && number >= 0 && std::isfinite(number)) {
    if (unit.empty()) return number;
    for (const Unit& known : kUnits)
      if (unit == known.name) return number * known.seconds;
  }
  throw Error(Fault::usage, fmt::format("'{}' is no time; give a number with s, min, h, d, w, mo or y, as 1d",
                                        printable(std::string(text))));
}

std::string duration_text(double seconds) {
  const Unit* unit = &kUnits[0];
  for (const Unit& known : kUnits)
    if (seconds >= known.seconds * 0.9999) unit = &known;
  return fmt::format("{:.3g} {}", seconds / unit->seconds, unit->name);
}

}  // namespace flashcell::quant::cim

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/error.hpp"
#include "base/schema/toml_reader.hpp"
#include "base/text.hpp"
#include "host/config/schema.hpp"

namespace flashcell::host {

void parse_config(const std::string& text, const std::string& origin, Config& config) {
  Config read = config;
  schema::read_toml(text, {origin, Fault::usage, "`flashcell config --default` lists them all"},
                    [&](schema::Visitor& visitor) { visit_config(read, visitor); });
  config = read;
}

void load_config(const std::string& path, Config& config) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  // An empty file is a configuration; a folder ends at once, too, but cannot be read.
  const bool is_empty =
      file && !std::filesystem::is_directory(path) && file.peek() == std::ifstream::traits_type::eof();
  if (!is_empty && (!file || !(text << file.rdbuf()))) {
    throw Error(
        Fault::usage,
        fmt::format("{}: cannot read this configuration file; `flashcell config --default > rig.toml` makes one",
                    path));
  }
  parse_config(text.str(), path, config);
}

void set_config_key(const std::string& key, const std::string& value, Config& config) {
  for (const auto& [kind, which] :
       {std::pair(DeviceKind::xrt, "xrt.device"), std::pair(DeviceKind::cim, "cim.preset")}) {
    const std::string name = name_in(kDeviceKinds, kind), prefix = name + ':';
    if (key != "pipeline.device" || !value.starts_with(prefix)) continue;
    set_config_key(which, value.substr(prefix.size()), config);
    set_config_key(key, name, config);
    return;
  }
  const size_t dot = key.find('.');
  const std::string origin = "--" + key;
  if (dot == std::string::npos)
    throw Error(Fault::usage, fmt::format("{}: a key is section.name, as in segment.threshold", origin));
  if (!is_utf8(value))
    throw Error(Fault::usage,
                fmt::format("{}: `{}` is not UTF-8, as a configuration must be; rename the file", origin, value));
  const std::string head = fmt::format("[{}]\n{} = ", key.substr(0, dot), key.substr(dot + 1));
  std::string text = head + value;
  if (!schema::toml_fault(text).empty()) text = head + '\'' + value + '\'';
  if (const std::string fault = schema::toml_fault(text); !fault.empty())
    throw Error(Fault::usage, fmt::format("{}: cannot read `{}`: {}", origin, value, fault));
  // The line within the text that was made up here would mislead.
  try {
    parse_config(text, origin, config);
  } catch (const Error& e) {
    std::string line = e.what();
    const std::string made_up = origin + ":2: ";
    if (line.rfind(made_up, 0) == 0) {
      line = line.substr(made_up.size());
      line = (line.rfind(key + ": ", 0) == 0 ? "--" : origin + ": ") + line;
    }
    throw Error(e.fault(), line);
  }
}

}  // namespace flashcell::host

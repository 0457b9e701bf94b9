#include "host/app/config_options.hpp"

namespace flashcell::app {
namespace {

/// Shorter names for what is typed most.
std::string option_names(const std::string& key) {
  const std::string names = "--" + key;
  if (key == "pipeline.device") return names + ",--device";
  if (key == "input.fps") return names + ",--fps";
  if (key == "input.frames") return names + ",--frames";
  if (key == "track.count") return names + ",--count";
  if (key == "xrt.bitstream") return names + ",--bitstream";
  return names;
}

}  // namespace

ConfigOptions::ConfigOptions(Command& command) {
  command
      .add_option("-c,--config", files_,
                  "Configuration file (TOML); `flashcell config --default` prints one. With several, -c rig.toml -c "
                  "camera.toml, the later ones win")
      .type_name("FILE")
      .one_value_each();
  for (const host::ConfigKey& key : host::config_keys()) {
    // Lists of tables do not fit on a command line.
    if (key.name == "segment.class" || key.name == "segment.region") continue;
    names_.push_back(key.name);
    values_.push_back(std::make_unique<std::string>());
    options_.push_back(command.add_option(option_names(key.name), *values_.back(), key.help)
                           .group("Configuration keys")
                           .type_name("VALUE"));
  }
}

host::Config ConfigOptions::load() const {
  host::Config config;
  for (const std::string& file : files_) host::load_config(file, config);
  for (size_t i = 0; i < names_.size(); ++i) {
    if (options_[i].given()) host::set_config_key(names_[i], *values_[i], config);
  }
  return config;
}

}  // namespace flashcell::app

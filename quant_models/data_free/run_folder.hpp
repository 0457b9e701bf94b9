#pragma once
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace flashcell::quant {

/// The folder of one run. What a stage came to is a file in it, whole or not there, and tells by a fingerprint what it
/// depends on: a run that was stopped anywhere finds what is done and goes on.
class RunFolder {
 public:
  /// Makes the folder, or takes up the run that lies there. `network`: fingerprint of the network, `name`: its file,
  /// for people. `restart`: what lies there is forgotten. Throws ModelError where it holds a run of another network,
  /// Error(Fault::input) where it cannot be written.
  RunFolder(std::string path, uint64_t network, const std::string& name, bool restart);

  std::string file(const std::string& name) const;

  /// The stage's result: what its file FOLDER/NAME.json says, or what `work` gives, which is written there first. It
  /// always comes out of JSON, so that it is the same in both cases. Throws ModelError for a damaged file and one of
  /// other options.
  nlohmann::json stage(const std::string& name, uint64_t fingerprint,
                       const std::function<nlohmann::json()>& work) const;

 private:
  std::string path_;
};

}  // namespace flashcell::quant

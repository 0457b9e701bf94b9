#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/config/config.hpp"
#include "host/run/observer.hpp"
#include "host/run/run_folder.hpp"
#include "pipeline/sink.hpp"

namespace flashcell::host {

/// The outputs of one run.
class SinkSet {
 public:
  void add(std::unique_ptr<Sink> sink) {
    list_.push_back(sink.get());
    owned_.push_back(std::move(sink));
  }
  /// One that somebody else owns.
  void add(Sink* sink) { list_.push_back(sink); }
  const std::vector<Sink*>& list() const { return list_; }

 private:
  std::vector<std::unique_ptr<Sink>> owned_;
  std::vector<Sink*> list_;
};

/// The files that a run with this configuration makes.
std::vector<std::string> output_names(const OutputSection& output);

/// What the second pass calls a file until it is whole (link_tracks()).
std::string next_name(const std::string& name);

/// Whether some configuration makes a file of this name.
bool is_output_name(std::string_view name);

/// What the configuration asks for, of a run of `frames` frames (where known) at `fps` frames/s, in `folder`;
/// `name_of` says what each file is called there. Folder and `observer`, which hears what cannot be made, must outlive
/// them.
SinkSet make_sinks(const RunFolder& folder, const Config& config, double fps, std::optional<int64_t> frames,
                   RunObserver& observer, std::string (*name_of)(const std::string& name) = nullptr);

}  // namespace flashcell::host

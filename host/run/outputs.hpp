#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/config/config.hpp"
#include "host/device/object_pixels.hpp"
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
std::vector<std::string> output_names(const Config& config);

/// What the second pass calls a file until it is whole (link_tracks()).
std::string next_name(const std::string& name);

/// Whether a run makes files of this name as frames come, and may claim() it: a label image.
bool is_claimed_name(std::string_view name);

/// Whether some configuration makes a file of this name.
bool is_output_name(std::string_view name);

/// What a run's sinks have to know of it.
struct SinkPlan {
  double fps = 0;                 ///< frames/s
  std::optional<int64_t> frames;  ///< where known
  /// As in ObjectStage; wanted with output.labels.
  std::function<std::unique_ptr<ObjectPixels>()> make_pixels;
  std::string (*name_of)(const std::string& name) = nullptr;  ///< what each file is called in the folder; null: so
};

/// What the configuration asks for, in `folder`. Folder and `observer`, which hears what cannot be made, must outlive
/// the sinks.
SinkSet make_sinks(RunFolder& folder, const Config& config, const SinkPlan& plan, RunObserver& observer);

}  // namespace flashcell::host

#pragma once
#include <cstdint>
#include <optional>

#include "host/synth/scene.hpp"
#include "pipeline/source.hpp"

namespace flashcell::host {

/// A generated scene as a recording: frames `first` up to parameters.frames, at most `limit` delivered, dropped ones
/// left out (their numbers are skipped). Time stamps are exact at the scene's fps.
class SynthSource : public FrameSource {
 public:
  SynthSource(const SceneParameters& parameters, const std::string& name, int64_t first = 0,
              std::optional<int64_t> limit = {});

  const SourceInfo& info() const override { return info_; }
  bool next(Frame& frame) override;
  const Scene& scene() const { return scene_; }

 private:
  Scene scene_;
  SourceInfo info_;
  int64_t position_, delivered_ = 0, limit_;
};

}  // namespace flashcell::host

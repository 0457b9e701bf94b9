#pragma once
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "host/synth/scene.hpp"

namespace flashcell::host {

enum class SceneFile : uint8_t {
  video,  ///< scene.mov, FFV1: lossless, and QuickTime's clock holds any frame rate (AVI and Matroska lose frames above
          ///< 600 and 1000/s)
  images,  ///< frames/00000000.png, numbered from 0
  raw,     ///< scene.raw: frames without header or gap, grey8 or bgr8
};

/// Writes the scene's frames (dropped ones left out) as `format` and its truth into `directory`, made if need be:
/// - gt.txt, MOTChallenge text `frame,id,left,top,width,height,1,-1,-1,-1`: frames count written frames from 1, left
/// and top are
///   pixel columns and rows from 0; objects without a visible pixel have no row;
/// - truth.csv: every object in every frame with its centre, area, visible area and class;
/// - actions.csv, with parameters.actions: what each object does, `id,first,last,action`, as `flashcell learn
/// --actions`
///   reads it;
/// - scene.txt: the spec that parse_scene() takes, and how to open the frames.
/// `progress(done, total)` is called after each frame; may be empty. `stop`, where there is one, ends it early and
/// whole. Returns the number of frames written. Throws Error(Fault::input) when it cannot write.
int64_t write_scene(const SceneParameters& parameters, const std::filesystem::path& directory, SceneFile format,
                    const std::function<void(int64_t done, int64_t total)>& progress,
                    const std::atomic<bool>* stop = nullptr);

/// Name of the image of written frame `index`, from 0: "00000000.png".
std::string image_name(int64_t index);

}  // namespace flashcell::host

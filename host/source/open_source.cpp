#include "host/source/open_source.hpp"
#include "host/events/event_reader.hpp"
#include "host/events/event_source.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "base/error.hpp"
#include "host/source/cine.hpp"
#include "host/source/file_names.hpp"
#include "host/source/image_sequence.hpp"
#include "host/source/photron.hpp"
#include "host/source/raw_frames.hpp"
#include "host/source/stored_source.hpp"
#include "host/source/video_source.hpp"
#include "host/synth/synth_source.hpp"

namespace flashcell::host {
namespace {

namespace fs = std::filesystem;
using Source = std::unique_ptr<FrameSource>;

Source open_scene(const std::string& input, const SourceOptions& options) {
  SceneParameters parameters = parse_scene(input);
  if (options.fps > 0) parameters.fps = options.fps;
  if (options.start_frame >= parameters.frames && options.start_frame > 0) {
    throw Error(Fault::usage, fmt::format("{}: the start frame {} is beyond the last, {}", input, options.start_frame,
                                          parameters.frames - 1));
  }
  return std::make_unique<SynthSource>(parameters, input, options.start_frame, options.frame_limit);
}

Source open_cine(const std::string& input, const SourceOptions& options) {
  auto file = std::make_unique<FileReader>(input);
  FrameLayout layout = read_cine(*file, input);
  return std::make_unique<StoredSource>(std::move(file), std::move(layout), options);
}

Source open_photron(const fs::path& input, const SourceOptions& options) {
  const bool is_pixels = lower_extension(input) == ".mraw";
  const fs::path header = is_pixels ? sibling(input, {".cihx", ".cih"}) : input;
  const fs::path pixels = is_pixels ? input : sibling(input, {".mraw"});
  if (header.empty()) {
    throw Error(Fault::input,
                fmt::format("{}: its header, the .cihx or .cih of the same name, is not beside it", input.string()));
  }
  if (pixels.empty())
    throw Error(Fault::input,
                fmt::format("{}: its frames, the .mraw of the same name, are not beside it", input.string()));
  constexpr uint64_t kMostHeaderBytes = uint64_t{1} << 24;
  const std::vector<uint8_t> header_bytes = read_whole(header, kMostHeaderBytes);
  auto file = std::make_unique<FileReader>(pixels);
  FrameLayout layout = read_photron(header_bytes, header.string(), file->size(), pixels.string());
  return std::make_unique<StoredSource>(std::move(file), std::move(layout), options);
}

Source open_raw(const std::string& input, const SourceOptions& options) {
  auto file = std::make_unique<FileReader>(input);
  FrameLayout layout = lay_out_raw(*options.raw, file->size(), input, options.grey);
  return std::make_unique<StoredSource>(std::move(file), std::move(layout), options);
}

}  // namespace

Source open_source(const std::string& input, const SourceOptions& options) {
  if (options.start_frame < 0 || options.frame_limit.value_or(0) < 0 || !(options.fps >= 0)) {
    throw Error(Fault::usage, "start frame, frame limit and frame rate must not be negative");
  }
  if (is_scene(input)) return open_scene(input, options);
  std::error_code failed;
  const fs::file_status status = fs::status(input, failed);
  if (!fs::exists(status)) {
    if (input.find_first_of("*?[") == std::string::npos)
      throw Error(Fault::input, fmt::format("{}: no such file or folder", input));
    return std::make_unique<ImageSequence>(input, files_matching(input), options);
  }
  if (fs::is_directory(status)) return std::make_unique<ImageSequence>(input, images_in(input), options);
  if (!fs::is_regular_file(status)) throw Error(Fault::input, fmt::format("{}: is neither a file nor a folder", input));
  if (options.raw) return open_raw(input, options);

  if (holds_events(input)) {
    return make_event_source(input, {options.events, options.start_frame, options.frame_limit, options.fps,
                                     options.event_pictures, options.keep_events});
  }
  const std::string extension = lower_extension(input);
  if (extension == ".cine") return open_cine(input, options);
  if (extension == ".mraw" || extension == ".cih" || extension == ".cihx") return open_photron(input, options);
  if (is_image_name(input)) return std::make_unique<ImageSequence>(input, std::vector<fs::path>{input}, options);
  if (extension == ".raw" || extension == ".bin") {
    throw Error(Fault::usage, fmt::format("{}: raw frames need their geometry: state width, height and pixel format "
                                          "(a recording of events would begin with a header that says so)",
                                          input));
  }
  return std::make_unique<VideoSource>(input, options);
}

}  // namespace flashcell::host

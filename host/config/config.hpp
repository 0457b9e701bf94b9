#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/named_value.hpp"
#include "host/events/event_parameters.hpp"
#include "host/segment/segmenter.hpp"
#include "kernels_hls/contract/features.hpp"
#include "pipeline/crop_parameters.hpp"
#include "pipeline/world_map.hpp"
#include "tracking/box_tracker.hpp"
#include "tracking/tracker.hpp"

namespace flashcell::host {

/// [input]: what the file does not say of itself.
struct InputSection {
  double fps = 0;                                   ///< frames/s; 0: as recorded
  int64_t start = 0;                                ///< first frame to process
  int64_t frames = 0;                               ///< number of frames; 0: all
  std::string unit = "px";                          ///< name of the length unit in the outputs
  double units_per_pixel = 0;                       ///< of that unit; 0: not given
  std::vector<std::array<double, 2>> scale_points;  ///< px, two whose distance is scale_length; none: not given
  double scale_length = 0;                          ///< of that unit; 0: not given
  int raw_width = 0, raw_height = 0;                ///< px, raw frames only
  std::string raw_format = "grey8";                 ///< raw frames only
  int raw_bits = 16;                                ///< significant bits of raw grey16 samples
  int64_t raw_header_bytes = 0;                     ///< before the first frame
  int64_t raw_gap_bytes = 0;                        ///< between frames
};

/// [plane]: where the objects move, seen from anywhere.
struct PlaneSection {
  std::vector<double> homography;  ///< nine numbers (Homography); none: not given
};

/// [segment]
struct SegmentSection {
  bool automatic = true;  ///< propose everything in this section, and label.min_area/max_area, from the recording
  SegmentParameters parameters;
};

/// [label]
struct LabelSection {
  std::optional<contract::Connectivity> connectivity;  ///< none: what suits the source, as connectivity_for() says
  uint32_t max_objects = contract::kDefaultMaxObjects;
  uint32_t min_area = 0;  ///< px; 0: proposed from the recording when segmentation is automatic, else 1
  int64_t max_area = -1;  ///< px; -1: proposed from the recording when segmentation is automatic, else no limit; 0: no
                          ///< limit
  int min_cell_pixels = 1;
  uint8_t features = contract::kAllFeatures;  ///< FeatureBits; those that need colour: colour recordings only
  int saturation_floor = 32;
  int value_floor = 32;

  /// exact8 for pictures. An event camera shows outlines with gaps, which only cells bridge.
  contract::Connectivity connectivity_for(bool events) const {
    return connectivity.value_or(events ? contract::Connectivity::cell : contract::Connectivity::exact8);
  }
};

/// [track]
struct TrackSection {
  TrackSection() { parameters.lost_ms = 0; }
  tracking::TrackerParameters parameters;  ///< lost_ms 0: see tracker_parameters()
  double box_trust = 0.8;                  ///< tracking::BoxTrackerParameters::least_trust
  double box_smooth_ms = 700;              ///< tracking::BoxTrackerParameters::smooth_ms
  bool intensity_centroid = false;         ///< position from grey sums: sub-pixel
  bool divide_pixels = true;               ///< of blobs that hold several objects, among them
  std::string classes;                     ///< file that `flashcell learn` wrote; empty: no recognition
};

/// [classify]: a network that looks at each object's picture.
struct ClassifySection {
  std::string model;  ///< packed model (.fcnn); empty: none
  CropParameters crop;
  double least_confidence = 0;  ///< 0..1; an object of which the network is less sure is not named in that frame
};

/// What a detector's boxes are for.
enum class DetectionUse : uint8_t {
  beside,   ///< they name the objects that segmentation finds
  instead,  ///< they are the objects
};
constexpr NamedValue<DetectionUse> kDetectionUses[] = {{DetectionUse::beside, "beside"},
                                                       {DetectionUse::instead, "instead"}};

/// [detect]: a network that looks at whole frames.
struct DetectSection {
  std::string model;  ///< packed model (.fcnn); empty: none
  DetectionUse objects = DetectionUse::beside;
  double least_score = 0.2;    ///< 0..1; weaker detections are left out
  double most_overlap = 0.45;  ///< intersection over union of two boxes (beside: of a class); the weaker one goes
};

/// [actions]: a network that says what each track does.
struct ActionsSection {
  std::string model;  ///< file that `flashcell learn --actions` wrote; empty: none
};

/// What segments and labels (host/device makes one of each); cim: as cpu, and networks run on arrays.
enum class DeviceKind : uint8_t { cpu, hls, reference, xrt, cim };
constexpr NamedValue<DeviceKind> kDeviceKinds[] = {{DeviceKind::cpu, "cpu"},
                                                   {DeviceKind::hls, "hls"},
                                                   {DeviceKind::reference, "reference"},
                                                   {DeviceKind::xrt, "xrt"},
                                                   {DeviceKind::cim, "cim"}};

/// [pipeline]
struct PipelineSection {
  DeviceKind device = DeviceKind::cpu;
  int threads = 0;           ///< 0: all cores
  int frames_in_flight = 0;  ///< 0: four a thread
  bool realtime = false;
  double queue_ms = 100;  ///< realtime: recording time that frames wait at most
};

/// [xrt]
struct XrtSection {
  int device = 0;              ///< index of the board
  std::string bitstream;       ///< the xclbin; empty: the software device's own, with `emulated`
  int launches_in_flight = 4;  ///< so many are under way at a time
  int frames_per_launch = 1;   ///< that the board works off without the host
  int timeout_ms = 2000;       ///< a launch that takes longer has failed
  int reopen = 3;              ///< times a board is opened again in a run
  bool emulated = false;       ///< the software device instead of a board
};

/// [cim]: emulated compute-in-memory arrays.
struct CimSection {
  std::string preset;       ///< PRESET[,key=value...]
  std::string time;         ///< from programming to reading; empty: the preset's
  std::string calibration;  ///< pictures that converters find their ranges with; empty: the network's file says them
  int64_t seed = 1;         ///< of the chip and its noise
};

constexpr NamedValue<tracking::PredictedRows> kPredictedRows[] = {{tracking::PredictedRows::none, "none"},
                                                                  {tracking::PredictedRows::gaps, "gaps"},
                                                                  {tracking::PredictedRows::all, "all"}};

/// [output]
struct OutputSection {
  bool csv = true, mot = false, hdf5 = false, overlay = true, report = true;
  int overlay_every = 0;         ///< every n-th frame; 0: as the recording's length and rate suggest
  int64_t overlay_frames = 900;  ///< at most so many; 0: no limit
  double overlay_fps = 30;       ///< playback, frames/s
  double trail_ms = 0;           ///< 0: 30 frames of the overlay
  tracking::PredictedRows predicted = tracking::PredictedRows::all;
  bool labels = false;  ///< label images
};

/// Everything `flashcell track` can be told.
struct Config {
  InputSection input;
  Lens lens;  ///< [lens]
  PlaneSection plane;
  EventParameters events;  ///< [events]
  SegmentSection segment;
  LabelSection label;
  ClassifySection classify;
  DetectSection detect;
  TrackSection track;
  ActionsSection actions;
  PipelineSection pipeline;
  XrtSection xrt;
  CimSection cim;
  OutputSection output;
};

/// The tracker's parameters for a recording of `fps` frames/s. Where lost_ms is 0 it becomes 100 ms or 20 frames,
/// whichever is longer: a fast camera's objects are back within the former, a slow one's hardly within fewer than the
/// latter.
tracking::TrackerParameters tracker_parameters(const Config& config, double fps);

/// Those of the tracker of a detector's boxes, for a recording of `fps` frames/s. lost_ms 0 becomes 1000 ms, confirm_ms
/// 0 becomes 150 ms; above 30 frames/s both, and what boxes are smoothed by, are as many frames as at 30, but a track
/// is lost after 100 ms at the earliest. In a realtime run boxes are not smoothed by what comes later.
tracking::BoxTrackerParameters box_tracker_parameters(const Config& config, double fps);

/// From px to input.unit, as [input], [lens] and [plane] say. `width`, `height`: px of the recording's frames; 0: not
/// known. Throws Error(Fault::usage): what contradicts or is missing, and the keys that mend it.
WorldMap world_map(const Config& config, int width, int height);

/// Throws Error(Fault::usage) where the number of objects in the whole picture is not that of its regions together.
void check_counts(const Config& config);

/// One line where track.predict_ms asks for rows that a run at `fps` frames/s will not write, and what mends it; empty
/// where it gets what it asks for. `boxes`: of a detector are followed.
std::string unmet_prediction(const Config& config, double fps, bool boxes);

/// Reads a TOML file over `config`. Throws Error(Fault::usage): file:line, the key, what is wrong, what was meant.
void load_config(const std::string& path, Config& config);

/// The same from text; `origin` stands in messages for the file.
void parse_config(const std::string& text, const std::string& origin, Config& config);

/// Sets one key, as in "segment.threshold" "90". A value that is no TOML is taken as a string. "xrt:1" for
/// "pipeline.device" sets the kind and "xrt.device", "cim:PRESET" the kind and "cim.preset".
void set_config_key(const std::string& key, const std::string& value, Config& config);

/// One key as the command line offers it.
struct ConfigKey {
  std::string name;  ///< section.key
  std::string help;
};
std::vector<ConfigKey> config_keys();

/// The configuration as TOML; with comments it is the documentation of every key. `sections`: only these; none means
/// all.
std::string print_config(const Config& config, bool comments, const std::set<std::string>& sections = {});

}  // namespace flashcell::host

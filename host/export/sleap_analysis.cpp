#include "host/export/sleap_analysis.hpp"

#include <fmt/format.h>
#include <hdf5.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/output_file.hpp"
#include "base/text.hpp"

namespace flashcell::host {
namespace {

constexpr size_t kMostValues = size_t{1} << 28;  // of tracks times frames

/// The tracks as SLEAP lays them out: frames fastest.
struct Arrays {
  std::vector<int64_t> ids;
  hsize_t frames = 0;
  std::vector<double> places;    // [track, x or y, frame]
  std::vector<double> scores;    // [track, frame]
  std::vector<uint8_t> present;  // [frame, track]
};

Arrays arrange(const ObjectList& list) {
  Arrays a;
  std::map<int64_t, size_t> row_of;
  for (const auto& object : list.objects) {
    row_of.try_emplace(object.id, 0);
    a.frames = std::max(a.frames, static_cast<hsize_t>(object.frame));
  }
  for (auto& [id, row] : row_of) {
    row = a.ids.size();
    a.ids.push_back(id);
  }
  const size_t tracks = a.ids.size(), frames = a.frames;
  if (frames != 0 && tracks > kMostValues / frames)
    throw Error(Fault::usage,
                fmt::format("{}: {} tracks in {} frames are too many for SLEAP's layout, which has a place "
                            "for each track in each frame",
                            list.name, tracks, frames));
  a.places.assign(tracks * 2 * frames, std::numeric_limits<double>::quiet_NaN());
  a.scores.assign(tracks * frames, std::numeric_limits<double>::quiet_NaN());
  a.present.assign(frames * tracks, 0);
  for (const auto& object : list.objects) {
    const size_t row = row_of.at(object.id), frame = static_cast<size_t>(object.frame - 1);
    a.places[(row * 2) * frames + frame] = object.x;
    a.places[(row * 2 + 1) * frames + frame] = object.y;
    a.scores[row * frames + frame] = 1;
    a.present[frame * tracks + row] = 1;
  }
  return a;
}

/// An HDF5 file that is built in memory, so that the one on disk is whole or not there.
class MemoryFile {
 public:
  MemoryFile() {
    H5open();
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_fapl_core(access, size_t{1} << 20, false);
    id_ = H5Fcreate("export.h5", H5F_ACC_TRUNC, H5P_DEFAULT, access);
    H5Pclose(access);
    check(id_);
  }
  ~MemoryFile() { H5Fclose(id_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  void write(const char* name, const std::vector<hsize_t>& shape, hid_t stored, hid_t native, const void* values) {
    const hid_t space = H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr);
    const hid_t set = check(H5Dcreate2(id_, name, stored, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    const bool empty = std::find(shape.begin(), shape.end(), hsize_t{0}) != shape.end();
    const herr_t written = empty ? 0 : H5Dwrite(set, native, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    H5Dclose(set);
    H5Sclose(space);
    check(written);
  }

  /// Strings of one length, as SLEAP has them.
  void write(const char* name, const std::vector<std::string>& texts, bool scalar = false) {
    size_t longest = 1;
    for (const std::string& text : texts) longest = std::max(longest, text.size());
    std::string bytes;
    for (std::string text : texts) {
      text.resize(longest, '\0');
      bytes += text;
    }
    const hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, longest);
    H5Tset_cset(type, H5T_CSET_UTF8);
    H5Tset_strpad(type, H5T_STR_NULLPAD);
    write(name, scalar ? std::vector<hsize_t>{} : std::vector<hsize_t>{texts.size()}, type, type, bytes.data());
    H5Tclose(type);
  }

  std::string bytes() const {
    check(H5Fflush(id_, H5F_SCOPE_LOCAL));
    const ssize_t size = H5Fget_file_image(id_, nullptr, 0);
    check(size);
    std::string image(static_cast<size_t>(size), '\0');
    check(H5Fget_file_image(id_, image.data(), image.size()));
    return image;
  }

 private:
  template <class T>
  static T check(T result) {
    if (result < 0) throw Error(Fault::input, "the HDF5 library cannot build the file: out of memory?");
    return result;
  }

  hid_t id_ = -1;
};

}  // namespace

void write_sleap_analysis(const ObjectList& tracks, const ExportFacts& facts, const std::filesystem::path& path) {
  const Arrays a = arrange(tracks);
  const hsize_t count = a.ids.size();
  std::vector<std::string> names;
  for (const int64_t id : a.ids) names.push_back(fmt::format("track_{}", id));
  MemoryFile file;
  file.write("tracks", {count, 2, 1, a.frames}, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, a.places.data());
  file.write("point_scores", {count, 1, a.frames}, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, a.scores.data());
  file.write("instance_scores", {count, a.frames}, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, a.scores.data());
  file.write("tracking_scores", {count, a.frames}, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, a.scores.data());
  file.write("track_occupancy", {a.frames, count}, H5T_STD_U8LE, H5T_NATIVE_UINT8, a.present.data());
  file.write("track_names", names);
  file.write("node_names", std::vector<std::string>{"centroid"});
  file.write("video_path", {to_utf8(facts.recording)}, true);
  write_file(path, file.bytes());
}

}  // namespace flashcell::host

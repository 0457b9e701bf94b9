#include "host/eval/sleap_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <hdf5.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"

namespace flashcell::host {
namespace {

constexpr hsize_t kMostNumbers = hsize_t{1} << 28;
constexpr double kMostPixels = 1e7;

[[noreturn]] void fail(const std::string& path, const std::string& what) {
  throw Error(Fault::input, path + ": " + what + "; expected SLEAP's analysis file");
}

/// An open HDF5 object, closed by the function that its kind wants.
class Handle {
 public:
  Handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  operator hid_t() const { return id_; }  // NOLINT: as the library's functions take it

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

std::vector<hsize_t> shape_of(hid_t set) {
  const Handle space(H5Dget_space(set), H5Sclose);
  const int rank = H5Sget_simple_extent_ndims(space);
  std::vector<hsize_t> shape(static_cast<size_t>(std::max(rank, 0)));
  if (rank > 0) H5Sget_simple_extent_dims(space, shape.data(), nullptr);
  return shape;
}

/// Names of one length or of any; none where they are not there.
std::vector<std::string> read_names(hid_t file, const char* name) {
  if (H5Lexists(file, name, H5P_DEFAULT) <= 0) return {};
  const Handle set(H5Dopen2(file, name, H5P_DEFAULT), H5Dclose);
  if (set < 0) return {};
  const Handle type(H5Dget_type(set), H5Tclose);
  const std::vector<hsize_t> shape = shape_of(set);
  if (shape.size() != 1 || shape[0] == 0 || shape[0] > 100'000 || H5Tget_class(type) != H5T_STRING) return {};
  std::vector<std::string> names;
  if (H5Tis_variable_str(type) > 0) {
    const Handle space(H5Dget_space(set), H5Sclose);
    std::vector<char*> texts(shape[0]);
    if (H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, texts.data()) < 0) return {};
    for (const char* text : texts) names.emplace_back(text != nullptr ? text : "");
    H5Dvlen_reclaim(type, space, H5P_DEFAULT, texts.data());
    return names;
  }
  const size_t length = H5Tget_size(type);
  if (length == 0 || length > 10'000) return {};
  std::string bytes(length * shape[0], '\0');
  if (H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data()) < 0) return {};
  for (size_t i = 0; i < shape[0]; ++i) {
    const std::string padded = bytes.substr(i * length, length);
    names.push_back(padded.substr(0, padded.find('\0')));
  }
  return names;
}

/// The nodes that make the place: the one of that name, or all.
std::vector<size_t> chosen_nodes(const std::string& path, const std::vector<std::string>& names, size_t nodes,
                                 const std::string& point) {
  std::vector<size_t> chosen;
  for (size_t i = 0; i < nodes; ++i)
    if (point.empty() || (i < names.size() && names[i] == point)) chosen.push_back(i);
  if (chosen.empty()) {
    throw Error(Fault::usage,
                fmt::format("{}: has no node '{}'; it has {}", path, point,
                            names.empty() ? "none with a name" : printable(fmt::format("{}", fmt::join(names, ", ")))));
  }
  return chosen;
}

}  // namespace

bool is_hdf5(const std::string& path) {
  constexpr std::array<char, 8> kSignature{'\x89', 'H', 'D', 'F', '\r', '\n', '\x1a', '\n'};
  std::array<char, 8> begin{};
  std::ifstream file(path, std::ios::binary);
  return file.read(begin.data(), begin.size()) && begin == kSignature;
}

ObjectList read_sleap_file(const std::string& path, const std::string& point) {
  H5open();
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  const Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  if (file < 0) fail(path, "is damaged or no HDF5 file");
  if (H5Lexists(file, "tracks", H5P_DEFAULT) <= 0) fail(path, "has no dataset 'tracks'");
  const Handle set(H5Dopen2(file, "tracks", H5P_DEFAULT), H5Dclose);
  if (set < 0) fail(path, "'tracks' is no dataset");
  const std::vector<hsize_t> shape = shape_of(set);
  if (shape.size() != 4 || shape[1] != 2) fail(path, "'tracks' is not of shape [track, 2, node, frame]");
  hsize_t numbers = 1;
  for (const hsize_t extent : shape) {
    if (extent != 0 && numbers > kMostNumbers / extent) fail(path, "'tracks' holds more than 2^28 numbers");
    numbers *= extent;
  }
  const size_t tracks = shape[0], nodes = shape[2], frames = shape[3];
  std::vector<double> places(numbers);
  if (numbers != 0 && H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, places.data()) < 0)
    fail(path, "'tracks' cannot be read");
  const std::vector<size_t> chosen = chosen_nodes(path, read_names(file, "node_names"), nodes, point);
  ObjectList list;
  list.name = path;
  list.has_points = true;
  for (size_t frame = 0; frame < frames; ++frame) {
    for (size_t track = 0; track < tracks; ++track) {
      double x = 0, y = 0;
      int seen = 0;
      for (const size_t node : chosen) {
        const double at_x = places[((track * 2) * nodes + node) * frames + frame];
        const double at_y = places[((track * 2 + 1) * nodes + node) * frames + frame];
        if (!(std::abs(at_x) <= kMostPixels) || !(std::abs(at_y) <= kMostPixels)) continue;
        x += at_x, y += at_y, ++seen;
      }
      if (seen == 0) continue;
      tracking::LabelledObject object;
      object.frame = static_cast<int64_t>(frame) + 1;
      object.id = static_cast<int64_t>(track) + 1;
      object.x = x / seen;
      object.y = y / seen;
      list.objects.push_back(object);
      list.lines.push_back(object.frame);
    }
  }
  return list;
}

}  // namespace flashcell::host

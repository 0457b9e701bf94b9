#include "quant_models/data/calibration_images.hpp"

#include <algorithm>
#include <filesystem>
#include <functional>

#include "quant_models/data/cifar10.hpp"
#include "quant_models/data/file_bytes.hpp"
#include "quant_models/data/file_set.hpp"
#include "quant_models/data/mnist.hpp"
#include "quant_models/data/numpy_file.hpp"
#include "quant_models/data/picture.hpp"
#include "quant_models/data/voc.hpp"
#include "quant_models/model_error.hpp"

namespace flashcell::quant {
namespace {

namespace fs = std::filesystem;

class Reader {
 public:
  Reader(std::string path, const Shape& input, const Preprocessing& preprocessing, int64_t most, const PictureFit& fit)
      : path_(std::move(path)), input_(input), preprocessing_(preprocessing), most_(most), fit_(fit) {}

  CalibrationImages read() {
    std::error_code error;
    if (!fs::exists(path_, error)) throw ModelError(path_ + ": does not exist; " + kWanted);
    if (path_.ends_with(".npy")) return read_array(read_npy(read_file(path_), path_));
    if (path_.ends_with(".npz")) return read_array(array_of_images());
    if (input_.size() != 4) throw ModelError("the network's input is no image; give its numbers as a .npy array");
    if (!fs::is_directory(path_, error)) return read_one_file();
    for (const bool training : {true, false})
      if (has_mnist(training)) return read_labelled(read_mnist_folder(path_, training), CalibrationKind::mnist);
    return read_files(FileSet(path_));
  }

 private:
  static constexpr const char* kWanted =
      "give a folder of pictures, a data set (MNIST, CIFAR-10, class folders, PASCAL VOC, .tar.gz of one), a picture "
      "or "
      "a .npy array";

  bool has_mnist(bool training) const {
    const fs::path images = fs::path(path_) / (training ? "train-images-idx3-ubyte" : "t10k-images-idx3-ubyte");
    std::error_code error;
    return fs::exists(images, error) || fs::exists(images.string() + ".gz", error);
  }

  // Labels may stand beside them: images are what has most dimensions, of equals the first by name.
  NumpyArray array_of_images() const {
    auto arrays = read_npz(path_);
    if (arrays.empty()) throw ModelError(path_ + ": holds no array");
    return std::move(std::max_element(arrays.begin(), arrays.end(), [](const auto& a, const auto& b) {
                       return a.second.shape.size() < b.second.shape.size();
                     })->second);
  }

  CalibrationImages read_one_file() {
    if (is_picture_name(path_)) {
      const auto bytes = read_file(path_);
      return read_pictures(CalibrationKind::pictures, 1,
                           [&](int64_t) { return decode_picture(bytes, path_, channels()); });
    }
    if (path_.ends_with(".bin")) return read_labelled(read_cifar10(path_), CalibrationKind::cifar10);
    if (path_.ends_with(".tar") || path_.ends_with(".tar.gz") || path_.ends_with(".tgz"))
      return read_files(FileSet(path_));
    throw ModelError(path_ + ": is nothing to calibrate with; " + kWanted);
  }

  CalibrationImages read_files(const FileSet& files) {
    const auto annotated = [](const std::string& name) {
      return name.starts_with("Annotations/") || name.find("/Annotations/") != std::string::npos;
    };
    if (std::any_of(files.names().begin(), files.names().end(), annotated)) {
      const DetectionSet set = read_voc(files, "", channels());
      return read_pictures(CalibrationKind::pascal_voc, static_cast<int64_t>(set.pictures.size()),
                           [&](int64_t i) { return set.pictures[static_cast<size_t>(i)].picture; });
    }
    std::vector<std::string> names;
    std::copy_if(files.names().begin(), files.names().end(), std::back_inserter(names), is_picture_name);
    if (names.empty()) throw ModelError(path_ + ": holds no pictures; " + kWanted);
    return read_pictures(CalibrationKind::pictures, static_cast<int64_t>(names.size()), [&](int64_t i) {
      const std::string& name = names[static_cast<size_t>(i)];
      return decode_picture(files.read(name), files.describe(name), channels());
    });
  }

  CalibrationImages read_labelled(const LabelledImages& images, CalibrationKind kind) {
    if (images.channels != channels())
      throw ModelError(path_ + ": its images have " + std::to_string(images.channels) +
                       " channels, the network takes " + std::to_string(channels()));
    const size_t size = images.pixels.size() / static_cast<size_t>(images.count);
    return read_pictures(kind, images.count, [&](int64_t i) {
      const auto first = images.pixels.begin() + static_cast<ptrdiff_t>(size) * i;
      return Picture{images.channels, images.rows, images.columns, {first, first + static_cast<ptrdiff_t>(size)}};
    });
  }

  int channels() const {
    const int64_t channels = input_[1];
    if (channels != preprocessing_.count())
      throw ModelError("the network takes " + std::to_string(channels) + " channels, the preprocessing speaks of " +
                       std::to_string(preprocessing_.count()) + "; give its numbers as a .npy array");
    return static_cast<int>(channels);
  }

  CalibrationImages read_pictures(CalibrationKind kind, int64_t available,
                                  const std::function<Picture(int64_t)>& picture) {
    CalibrationImages images{std::min(most_, available), available, kind, {}};
    reserve(images);
    for (int64_t i = 0; i < images.count; ++i)
      append(fitted(picture(i * available / images.count), static_cast<int>(input_[2]), static_cast<int>(input_[3]),
                    fit_, path_),
             images.values);
    return images;
  }

  size_t image_size() const { return static_cast<size_t>(element_count(input_) / input_.at(0)); }

  void reserve(CalibrationImages& images) const {
    if (static_cast<uint64_t>(images.count) * image_size() > static_cast<uint64_t>(kMaxElements))
      throw ModelError(path_ + ": " + std::to_string(images.count) +
                       " images of the network's size do not fit into 1 GiB; take fewer with --images");
    images.values.reserve(static_cast<size_t>(images.count) * image_size());
  }

  // Planes of bytes, R first, into the network's order.
  void append(const Picture& picture, std::vector<float>& values) const {
    const auto plane = static_cast<size_t>(picture.rows) * static_cast<size_t>(picture.columns);
    const bool reversed = preprocessing_.channels == Preprocessing::Channels::bgr;
    for (size_t c = 0; c < static_cast<size_t>(picture.channels); ++c) {
      const size_t source = reversed ? static_cast<size_t>(picture.channels) - 1 - c : c;
      for (size_t i = 0; i < plane; ++i)
        values.push_back((static_cast<float>(picture.pixels[source * plane + i]) - preprocessing_.mean[c]) *
                         preprocessing_.factor[c]);
    }
  }

  CalibrationImages read_array(const NumpyArray& array) {
    Shape one = array.shape;
    if (one.size() == input_.size() && !one.empty()) one.erase(one.begin());
    if (one != Shape(input_.begin() + 1, input_.end()))
      throw ModelError(path_ + ": has the shape " + to_string(array.shape) + ", the network takes N of " +
                       to_string(input_));
    const Tensor tensor = array.tensor();
    const int64_t available = static_cast<int64_t>(tensor.values.size() / image_size());
    CalibrationImages images{std::min(most_, available), available, CalibrationKind::array, {}};
    reserve(images);
    const size_t plane = input_.size() == 4 ? static_cast<size_t>(input_[2] * input_[3]) : image_size();
    for (int64_t i = 0; i < images.count; ++i) {
      const auto first = tensor.values.begin() +
                         static_cast<ptrdiff_t>(static_cast<size_t>(i * available / images.count) * image_size());
      for (size_t k = 0; k < image_size(); ++k) {
        const float value = first[static_cast<ptrdiff_t>(k)];
        const size_t c = std::min<size_t>(k / plane, 2);
        images.values.push_back(array.type == "u1" ? (value - preprocessing_.mean[c]) * preprocessing_.factor[c]
                                                   : value);
      }
    }
    return images;
  }

  std::string path_;
  const Shape& input_;
  const Preprocessing& preprocessing_;
  int64_t most_;
  PictureFit fit_;
};

}  // namespace

CalibrationImages read_calibration_images(const std::string& path, const Shape& input,
                                          const Preprocessing& preprocessing, int64_t most, const PictureFit& fit) {
  return Reader(path, input, preprocessing, most, fit).read();
}

}  // namespace flashcell::quant

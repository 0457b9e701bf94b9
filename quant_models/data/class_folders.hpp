#pragma once
#include <string>
#include <vector>

#include "quant_models/data/cifar10.hpp"
#include "quant_models/data/file_set.hpp"
#include "quant_models/data/picture_fit.hpp"

namespace flashcell::quant {

struct ClassFolders {
  LabelledImages images;
  std::vector<std::string> classes;
  std::vector<int> objects;  ///< which object each image shows
};

/// Images in one folder a class: PART/CLASS/anything.png; those of a class whose names begin with the same
/// "objectNUMBER_" show one object, others one each. Classes are the folders' names, sorted, or the given ones;
/// images are brought to rows x columns as `fit` says. Throws ModelError: a part without images, a folder that is none
/// of the given classes, a picture that cannot be read.
ClassFolders read_class_folders(const FileSet& files, const std::string& part, int channels, int rows, int columns,
                                std::vector<std::string> classes = {}, const PictureFit& fit = {});

/// The names of the folders in it, sorted: the classes that read_class_folders() finds.
std::vector<std::string> class_names_of(const FileSet& files, const std::string& part);

}  // namespace flashcell::quant

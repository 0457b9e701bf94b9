#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <cstring>
#include <fstream>

#include "base/output_file.hpp"
#include "quant_models/data/cifar10.hpp"
#include "quant_models/data/file_bytes.hpp"
#include "quant_models/data/numpy_file.hpp"
#include "quant_models/data/zip_archive.hpp"
#include "quant_models/model_error.hpp"
#include "tests/quant_models/data/zip_encoder.hpp"
#include "tests/support/folders.hpp"

namespace flashcell::quant {
namespace {

using test::Bytes;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Npz, ReadsStoredAndDeflated) {
  const Bytes array = test::make_npy("<f4", "(2, 3)", std::vector<float>{1, -2, 3.5F, 4, 5, 6});
  const Bytes integers = test::make_npy("<i8", "(2,)", std::vector<int64_t>{-7, int64_t{1} << 40});
  for (const bool deflate : {false, true}) {
    const auto arrays = read_npz(test::make_zip({{"a.npy", array}, {"folder/b.npy", integers}}, deflate), "x.npz");
    ASSERT_EQ(arrays.size(), 2U);
    EXPECT_EQ(arrays.at("a").tensor(), (Tensor{{2, 3}, {1, -2, 3.5F, 4, 5, 6}}));
    EXPECT_THAT(arrays.at("folder/b").numbers(), ElementsAre(-7, 1099511627776.0));
  }
}

TEST(Npz, EveryCutAndEveryFlippedByteIsAnErrorOrTheSameNumbers) {
  const Bytes array = test::make_npy("<f4", "(4,)", std::vector<float>{1, 2, 3, 4});
  for (const bool deflate : {false, true}) {
    const Bytes whole = test::make_zip({{"a.npy", array}}, deflate);
    for (size_t size = 0; size < whole.size(); ++size)
      EXPECT_THROW(read_npz({whole.data(), size}, "cut.npz"), ModelError) << size;
    for (size_t i = 0; i < whole.size(); ++i) {
      Bytes damaged = whole;
      damaged[i] ^= 0x20;
      try {
        const auto arrays = read_npz(damaged, "damaged.npz");
        // Names, times and the like are not under the checksum; numbers are.
        for (const auto& [name, each] : arrays) EXPECT_THAT(each.numbers(), ElementsAre(1, 2, 3, 4)) << i;
      } catch (const ModelError& e) {
        EXPECT_THAT(e.what(), HasSubstr("damaged.npz"));
      }
    }
  }
}

TEST(Npy, RefusesWhatItCannotRead) {
  const auto refused = [](const Bytes& file) -> std::string {
    try {
      read_npy(file, "a.npy");
    } catch (const ModelError& e) {
      return e.what();
    }
    return "read";
  };
  const std::vector<float> two = {1, 2};
  EXPECT_EQ(refused(test::make_npy("<f4", "(2,)", two)), "read");
  EXPECT_THAT(refused(test::make_npy("<f4", "(3,)", two)), HasSubstr("fewer numbers"));
  EXPECT_THAT(refused(test::make_npy("<f4", "(4611686018427387904, 4)", two)), HasSubstr("fewer numbers"));
  EXPECT_THAT(refused(test::make_npy("<f4", "(-1,)", two)), HasSubstr("shape"));
  EXPECT_THAT(refused(test::make_npy(">f4", "(2,)", two)), HasSubstr("not supported"));
  EXPECT_THAT(refused(test::make_npy("<c8", "(1,)", two)), HasSubstr("not supported"));
  EXPECT_THAT(refused(test::make_npy("<f4", "(2,)", two, true)), HasSubstr("column"));
  EXPECT_THAT(refused(Bytes{1, 2, 3}), HasSubstr("first bytes"));
}

TEST(Zip, LimitsWhatItUnpacks) {
  const Bytes zeros(100000, 0);
  const Bytes archive = test::make_zip({{"zeros", zeros}}, true);
  EXPECT_EQ(read_zip(archive, "z.zip").at("zeros"), zeros);
  EXPECT_THROW(read_zip(archive, "z.zip", 99999), ModelError);
}

TEST(Files, WritesWholeFilesOnly) {
  const std::string path = testing::TempDir() + "flashcell_whole_file";
  write_file(path, "abc");
  EXPECT_THAT(read_file(path), ElementsAre('a', 'b', 'c'));
  EXPECT_FALSE(std::filesystem::exists(path + ".partial"));
  EXPECT_THROW(write_file("/no such folder/x", "abc"), Error);
  EXPECT_THROW(read_file("/no such folder/x"), ModelError);
  EXPECT_THROW(read_file(testing::TempDir()), ModelError);
  std::filesystem::remove(path);
}

TEST(Cifar10, ReadsRecords) {
  const std::string path = testing::TempDir() + "flashcell_cifar.bin";
  std::string file;
  for (const char label : {3, 9}) {
    file += label;
    for (int i = 0; i < 3072; ++i) file += static_cast<char>(i / 1024 * 51 + label);
  }
  write_file(path, file);
  const LabelledImages images = read_cifar10(path);
  EXPECT_EQ(images.count, 2);
  EXPECT_THAT(images.labels, ElementsAre(3, 9));
  const std::vector<float> numbers = normalize(images, {0.5F, 0, 0}, {2, 1, 1});
  EXPECT_FLOAT_EQ(numbers[0], (3 / 255.0F - 0.5F) / 2);
  EXPECT_FLOAT_EQ(numbers[3072 + 2048], 111 / 255.0F);
  write_file(path, file.substr(1));
  EXPECT_THROW(read_cifar10(path), ModelError);
  file[0] = 10;
  write_file(path, file);
  EXPECT_THROW(read_cifar10(path), ModelError);
  EXPECT_EQ(count_correct({1, 2, 5, 5, 0, 1}, {1, 0, 0}), 2);
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace flashcell::quant

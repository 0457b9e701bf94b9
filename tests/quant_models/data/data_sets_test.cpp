#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <cstring>

#include "quant_models/data/calibration_images.hpp"
#include "quant_models/data/class_folders.hpp"
#include "quant_models/data/coco.hpp"
#include "quant_models/data/digit_sheet.hpp"
#include "quant_models/data/file_bytes.hpp"
#include "quant_models/data/gzip.hpp"
#include "quant_models/data/mnist.hpp"
#include "quant_models/data/scene_folder.hpp"
#include "quant_models/data/tar_archive.hpp"
#include "quant_models/data/voc.hpp"
#include "quant_models/model_error.hpp"
#include "tests/quant_models/data/data_folder.hpp"
#include "tests/quant_models/data/tar_encoder.hpp"
#include "tests/support/folders.hpp"

namespace flashcell::quant {
namespace {

using test::DataFolder;
using test::tar_entry;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

template <typename Function>
std::string error_of(const Function& function) {
  try {
    function();
  } catch (const ModelError& e) {
    return e.what();
  }
  return "no error";
}

std::string gzip(const std::string& bytes) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, bytes.size()) + 32, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::vector<uint8_t> bytes_of(const std::string& text) {
  return {text.begin(), text.end()};
}

std::string idx(std::initializer_list<int> extents, const std::string& data) {
  std::string file = {'\0', '\0', '\x08', static_cast<char>(extents.size())};
  for (const int e : extents)
    file += {static_cast<char>(e >> 24), static_cast<char>(e >> 16), static_cast<char>(e >> 8), static_cast<char>(e)};
  return file + data;
}

TEST(Gzip, UnpacksAndRefusesEveryCut) {
  std::string text;
  for (int i = 0; i < 500; ++i) text += std::to_string(i * i);
  const std::vector<uint8_t> packed = bytes_of(gzip(text));
  EXPECT_EQ(gunzip(packed, "a.gz"), bytes_of(text));
  EXPECT_EQ(gunzip(bytes_of("plain"), "a"), bytes_of("plain"));
  for (size_t size = 2; size < packed.size(); ++size)
    EXPECT_THAT(error_of([&] {
                  gunzip({packed.begin(), packed.begin() + static_cast<ptrdiff_t>(size)}, "cut.gz");
                }),
                HasSubstr("cut.gz: "))
        << size;
  EXPECT_THAT(error_of([&] { gunzip(packed, "big.gz", 10); }), HasSubstr("more than 10 bytes"));
}

TEST(Gzip, MembersFollowEachOther) {
  const std::string two = gzip("one") + gzip("") + gzip("two");
  EXPECT_EQ(gunzip(bytes_of(two), "a.gz"), bytes_of("onetwo"));
  EXPECT_EQ(gunzip(bytes_of(two + std::string(100, '\0')), "a.gz"), bytes_of("onetwo"));
  EXPECT_THAT(error_of([&] { gunzip(bytes_of(two + "x"), "a.gz"); }), HasSubstr("followed by something else"));
  EXPECT_THAT(error_of([&] { gunzip(bytes_of(two.substr(0, two.size() - 3)), "a.gz"); }), HasSubstr("ends early"));
}

TEST(Gzip, ABombIsRefusedAtTheStatedLimit) {
  // 2 MiB of zeros unpack from 2 kB.
  const std::vector<uint8_t> bomb = bytes_of(gzip(std::string(size_t{1} << 21, '\0')));
  ASSERT_LT(bomb.size(), 4096U);
  EXPECT_THAT(error_of([&] { gunzip(bomb, "bomb.gz", size_t{1} << 20); }), HasSubstr("more than 1048576 bytes"));
  EXPECT_EQ(gunzip(bomb, "fits.gz", size_t{1} << 21).size(), size_t{1} << 21);
}

TEST(FileSet, FollowsLinksButNotInCircles) {
  const DataFolder folder;
  folder.write("a/b/one.txt", "1");
  folder.write("elsewhere/two.txt", "2");
  namespace fs = std::filesystem;
  fs::create_directory_symlink(folder.path("a"), folder.path("a/b/up"));
  fs::create_directory_symlink(".", folder.path("self"));
  fs::create_directory_symlink(folder.path("elsewhere"), folder.path("a/link"));
  fs::create_symlink(folder.path("nowhere"), folder.path("dangling.txt"));
  const FileSet files(folder.path());
  EXPECT_THAT(files.names(), ElementsAre("a/b/one.txt", "a/link/two.txt", "elsewhere/two.txt"));
  EXPECT_EQ(files.read("a/link/two.txt"), bytes_of("2"));
}

TEST(ClassNames, AreUtf8) {
  const DataFolder folder;
  folder.write_picture("train/m\xFC/1.png", 4, 4);
  EXPECT_THAT(error_of([&] { read_class_folders(FileSet(folder.path()), "train", 1, 4, 4); }),
              HasSubstr("the class folder's name is not UTF-8"));
  std::vector<std::string> classes;
  EXPECT_THAT(error_of([&] { class_index(classes, "m\xFC"); }), HasSubstr("is not UTF-8"));
  EXPECT_EQ(class_index(classes, "mü"), 0);
}

TEST(Picture, IsNotDecodedWhereItsHeaderClaimsTooMuch) {
  // The largest that is read, from a header alone: no pixels follow.
  const auto header = [](int width, int height) {
    std::string text = "P5 " + std::to_string(width) + " " + std::to_string(height) + " 255\n";
    return bytes_of(text);
  };
  EXPECT_THAT(error_of([&] { decode_picture(header(100000, 100000), "bomb.pgm", 1); }),
              AllOf(HasSubstr("bomb.pgm"), HasSubstr("more than 134217728 pixels")));
  EXPECT_THAT(error_of([&] { decode_picture(bytes_of("GIF89a"), "a.gif", 1); }), HasSubstr("is no PNG, JPEG, BMP"));
}

TEST(Mnist, ReadsPackedAndPlainFiles) {
  const DataFolder folder;
  const std::string pixels = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  folder.write("train-images-idx3-ubyte.gz", gzip(idx({2, 2, 3}, pixels)));
  folder.write("train-labels-idx1-ubyte", idx({2}, {7, 3}));
  const LabelledImages images = read_mnist_folder(folder.path(), true);
  EXPECT_EQ(images.count, 2);
  EXPECT_EQ(images.channels, 1);
  EXPECT_EQ(images.rows, 2);
  EXPECT_EQ(images.columns, 3);
  EXPECT_EQ(images.pixels, bytes_of(pixels));
  EXPECT_THAT(images.labels, ElementsAre(7, 3));
}

TEST(Mnist, NamesTheFileThatIsWrong) {
  const DataFolder folder;
  const auto error = [&] { return error_of([&] { read_mnist(folder.path("i"), folder.path("l")); }); };
  EXPECT_THAT(error(), HasSubstr(folder.path("i")));  // missing
  folder.write("i", idx({2, 1, 1}, "ab"));
  folder.write("l", idx({3}, {1, 2, 3}));
  EXPECT_THAT(error(), AllOf(HasSubstr(folder.path("l")), HasSubstr("3 labels for 2 images")));
  folder.write("i", idx({3, 1, 1}, "abc"));
  folder.write("l", idx({3}, {1, 10, 3}));
  EXPECT_THAT(error(), AllOf(HasSubstr(folder.path("l")), HasSubstr("label 10 is outside 0..9")));
  folder.write("i", idx({2, 1, 1}, "a"));
  EXPECT_THAT(error(), AllOf(HasSubstr(folder.path("i")), HasSubstr("1 bytes of data")));
  folder.write("i", idx({1 << 30, 1 << 30, 1 << 30}, "a"));
  EXPECT_THAT(error(), HasSubstr("1 bytes of data"));
  folder.write("i", idx({2}, "ab"));
  EXPECT_THAT(error(), HasSubstr("no IDX file"));
  folder.write("i", idx({0, 1, 1}, ""));
  EXPECT_THAT(error(), HasSubstr("no images"));
}

TEST(Mnist, RealFiles) {
  FLASHCELL_NEEDS_DATA("mnist");
  const LabelledImages test = read_mnist_folder((test::data_dir() / "mnist").string(), false);
  EXPECT_EQ(test.count, 10000);
  EXPECT_EQ(test.rows, 28);
  EXPECT_EQ(std::count(test.labels.begin(), test.labels.end(), 1), 1135);  // as published
  EXPECT_EQ(std::count(test.labels.begin(), test.labels.end(), 5), 892);
}

TEST(Tar, ReadsFilesAndLongNames) {
  const std::string long_name = std::string(120, 'n') + ".txt";
  const std::string archive =
      tar_entry("./a/b.txt", "hello") + tar_entry("a/", "", '5') + tar_entry("././@LongLink", long_name + '\0', 'L') +
      tar_entry(long_name.substr(0, 99), "x") + tar_entry("link", "", '2') + std::string(1024, '\0');
  const std::vector<uint8_t> bytes = bytes_of(archive);
  const auto files = read_tar(bytes, "a.tar");
  ASSERT_EQ(files.size(), 2U);
  EXPECT_THAT(files.at("a/b.txt"), ElementsAreArray(bytes_of("hello")));
  EXPECT_THAT(files.at(long_name), ElementsAreArray(bytes_of("x")));
}

TEST(Tar, EveryCutAndEveryFlippedHeaderByteIsAnErrorOrTheSameFile) {
  const std::string whole = tar_entry("a", "hello") + std::string(512, '\0');
  for (size_t size = 0; size < whole.size(); size += 7)
    EXPECT_THAT(error_of([&] { read_tar(bytes_of(whole.substr(0, size)), "cut.tar"); }), HasSubstr("cut.tar: "));
  for (size_t i = 0; i < 512; ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x11);
    try {
      const std::vector<uint8_t> bytes = bytes_of(damaged);
      const auto files = read_tar(bytes, "damaged.tar");
      ASSERT_EQ(files.size(), 1U);
      EXPECT_THAT(files.begin()->second, ElementsAreArray(bytes_of("hello"))) << i;
    } catch (const ModelError& e) {
      EXPECT_THAT(e.what(), HasSubstr("damaged.tar: "));
    }
  }
}

std::string voc_xml(const std::string& objects) {
  return "<annotation><filename>x.jpg</filename>" + objects + "</annotation>";
}

std::string voc_object(const std::string& name, int left, int top, int right, int bottom, bool difficult = false) {
  const auto tag = [](const std::string& t, int v) {
    return std::string("<").append(t).append(">").append(std::to_string(v)).append("</").append(t).append(">");
  };
  return "<object><name>" + name + "</name>" + tag("difficult", difficult) + "<bndbox>" + tag("xmin", left) +
         tag("ymin", top) + tag("xmax", right) + tag("ymax", bottom) + "</bndbox></object>\n";
}

TEST(Voc, ReadsSplitsFromAFolder) {
  const DataFolder folder;
  folder.write("set/Annotations/a.xml", voc_xml(voc_object("cat", 1, 1, 20, 10) + voc_object("dog", 3, 4, 5, 6, true)));
  folder.write("set/Annotations/b.xml", voc_xml(voc_object("bird", 0, 0, 21, 11)));
  folder.write("set/Annotations/c.xml", "not read");
  folder.write("set/ImageSets/Main/train.txt", "a\n\n");
  folder.write("set/ImageSets/Main/test.txt", "b 1\n");
  folder.write_picture("set/JPEGImages/a.png", 10, 20);
  folder.write_picture("set/JPEGImages/b.png", 10, 20);
  const FileSet files(folder.path());
  const DetectionSet train = read_voc(files, "train", 1);
  ASSERT_EQ(train.pictures.size(), 1U);
  EXPECT_THAT(train.classes, ElementsAre("cat", "dog"));
  EXPECT_EQ(train.pictures[0].picture.pixels[21], 8);  // row 1, column 1
  ASSERT_EQ(train.pictures[0].objects.size(), 2U);
  EXPECT_EQ(train.pictures[0].objects[0].box, (Box{0, 0, 20, 10}));
  EXPECT_EQ(train.pictures[0].objects[1].box, (Box{2, 3, 5, 6}));
  EXPECT_TRUE(train.pictures[0].objects[1].difficult);
  const DetectionSet test = read_voc(files, "test", 3, train.classes);
  EXPECT_THAT(test.classes, ElementsAre("cat", "dog", "bird"));
  EXPECT_EQ(test.pictures[0].picture.channels, 3);
  EXPECT_EQ(test.pictures[0].objects[0].box, (Box{0, 0, 20, 10}));  // cut at the picture's edge
}

TEST(Voc, SaysWhichAnnotationIsWrongAndWhere) {
  const DataFolder folder;
  folder.write_picture("JPEGImages/a.png", 10, 20);
  const auto error = [&](const std::string& xml) {
    folder.write("Annotations/a.xml", xml);
    return error_of([&] { read_voc(FileSet(folder.path()), "", 1); });
  };
  const std::string where = folder.path("Annotations/a.xml");
  EXPECT_THAT(error("<annotation><object>"), AllOf(HasSubstr(where + ": line 1"), HasSubstr("XML")));
  EXPECT_THAT(error("<other/>"), HasSubstr("no element 'annotation'"));
  EXPECT_THAT(error(voc_xml("\n<object><name>x</name></object>")), AllOf(HasSubstr("line 2"), HasSubstr("bndbox")));
  EXPECT_THAT(error(voc_xml(voc_object("x", 5, 5, 4, 8))), HasSubstr("the box is empty"));
  EXPECT_THAT(error(voc_xml(voc_object("x", 5, 5, 40, 8))), HasSubstr("outside the picture of 20 x 10"));
  folder.write("Annotations/b.xml", voc_xml(""));
  EXPECT_THAT(error(voc_xml("")), AllOf(HasSubstr(folder.path("Annotations/b.xml")),
                                        HasSubstr(folder.path("JPEGImages/b.jpg") + " is missing")));
  EXPECT_THAT(error_of([&] { read_voc(FileSet(folder.path()), "none", 1); }),
              HasSubstr(folder.path("ImageSets/Main/none.txt") + ": is missing"));
  folder.write("JPEGImages/b.jpg", "no picture");
  EXPECT_THAT(error(voc_xml("")), AllOf(HasSubstr("JPEGImages/b.jpg"), HasSubstr("damaged")));
}

TEST(Voc, BccdFromItsArchive) {
  FLASHCELL_NEEDS_DATA("detect/BCCD.tar.gz");
  const FileSet files((test::data_dir() / "detect/BCCD.tar.gz").string());
  const DetectionSet test = read_voc(files, "test", 1);
  EXPECT_EQ(test.pictures.size(), 72U);
  EXPECT_EQ(test.classes.size(), 3U);
  for (const MarkedPicture& p : test.pictures) {
    EXPECT_EQ(p.picture.rows, 480);
    EXPECT_EQ(p.picture.columns, 640);
  }
}

TEST(Coco, ReadsBoxesAndCrowds) {
  const DataFolder folder;
  folder.write_picture("pictures/a.png", 10, 20);
  folder.write("instances.json", R"({"images": [{"id": 5, "file_name": "a.png"}],
    "categories": [{"id": 9, "name": "cell"}, {"id": 2, "name": "unused"}],
    "annotations": [{"image_id": 5, "category_id": 9, "bbox": [1, 2, 3.5, 4]},
                    {"image_id": 5, "category_id": 9, "bbox": [0, 0, 20, 10], "iscrowd": 1}]})");
  const DetectionSet set = read_coco(FileSet(folder.path()), "instances.json", 1);
  EXPECT_THAT(set.classes, ElementsAre("cell"));
  ASSERT_EQ(set.pictures.size(), 1U);
  ASSERT_EQ(set.pictures[0].objects.size(), 2U);
  EXPECT_EQ(set.pictures[0].objects[0].box, (Box{1, 2, 4.5F, 6}));
  EXPECT_FALSE(set.pictures[0].objects[0].difficult);
  EXPECT_TRUE(set.pictures[0].objects[1].difficult);
}

TEST(Coco, SaysWhichAnnotationIsWrong) {
  const DataFolder folder;
  folder.write_picture("a.png", 10, 20);
  const auto error = [&](const std::string& image, const std::string& annotation) {
    folder.write("i.json", R"({"images": [{"id": 1, "file_name": ")" + image +
                               R"("}], "categories": [{"id": 1, "name": "x"}], "annotations": [)" + annotation + "]}");
    return error_of([&] { read_coco(FileSet(folder.path()), "i.json", 1); });
  };
  const std::string good = R"({"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4]})";
  EXPECT_EQ(error("a.png", good), "no error");
  EXPECT_THAT(error("b.png", good),
              AllOf(HasSubstr(folder.path("i.json")), HasSubstr(folder.path("b.png") + " is missing")));
  EXPECT_THAT(error("a.png", good + R"(,{"image_id": 2})"), HasSubstr("annotation 1: its image_id is no image"));
  EXPECT_THAT(error("a.png", R"({"image_id": 1, "category_id": 1, "bbox": [1, 2, -3, 4]})"),
              HasSubstr("annotation 0: the box is empty"));
  EXPECT_THAT(error("a.png", R"({"image_id": 1, "category_id": 1, "bbox": [1, "2", 3, 4]})"),
              HasSubstr("four numbers"));
  EXPECT_THAT(error("a.png", R"({"image_id": 1.5})"), HasSubstr("'image_id' is no integer"));
  EXPECT_THAT(error("a.png", "3"), HasSubstr("annotation 0 lacks 'image_id'"));
  folder.write("i.json", R"({"images": [)");
  EXPECT_THAT(error_of([&] { read_coco(FileSet(folder.path()), "i.json", 1); }), HasSubstr("no valid JSON"));
}

TEST(ClassFolders, ReadsSortedClassesAndResizes) {
  const DataFolder folder;
  folder.write_picture("train/b/1.png", 4, 4);
  folder.write_picture("train/a/1.png", 8, 8);
  folder.write("train/a/notes.txt", "no picture");
  folder.write_picture("test/b/1.png", 4, 4, 3);
  const FileSet files(folder.path());
  const ClassFolders train = read_class_folders(files, "train", 1, 4, 4);
  EXPECT_THAT(train.classes, ElementsAre("a", "b"));
  EXPECT_THAT(train.images.labels, ElementsAre(0, 1));
  EXPECT_EQ(train.images.pixels.size(), 32U);
  EXPECT_EQ(train.images.pixels[16], 0);
  EXPECT_EQ(train.images.pixels[21], 8);
  EXPECT_THAT(read_class_folders(files, "test", 1, 4, 4, train.classes).images.labels, ElementsAre(1));
  EXPECT_THAT(error_of([&] { read_class_folders(files, "val", 1, 4, 4); }), HasSubstr("val/CLASS/NAME.png"));
  EXPECT_THAT(error_of([&] { read_class_folders(files, "train", 1, 4, 4, {"a"}); }), HasSubstr("class 'b'"));
}

TEST(Scene, ReadsEveryNthFrame) {
  const DataFolder folder;
  for (int i = 0; i < 4; ++i) folder.write_picture("frames/0000000" + std::to_string(i) + ".png", 16, 16, i);
  folder.write("truth.csv",
               "# words\nframe,row,id,x,y,left,top,width,height,area,visible,class\n"
               "0,1,1,4,4,2,2,5,5,20,20,digit_3\n0,1,2,4,4,2,2,5,5,20,0,digit_4\n"
               "1,2,1,4,4,2,2,5,5,20,20,digit_3\n2,3,1,4,4,-1,10,5,9,20,5,digit_9\n");
  const DetectionSet set = read_scene(FileSet(folder.path()), "1..4/2", 1);
  ASSERT_EQ(set.pictures.size(), 2U);
  EXPECT_EQ(set.pictures[1].picture.pixels[0], 2);
  EXPECT_THAT(set.classes, ElementsAre("digit_3", "digit_9"));
  ASSERT_EQ(set.pictures[0].objects.size(), 1U);
  EXPECT_EQ(set.pictures[0].objects[0].box, (Box{2, 2, 7, 7}));
  ASSERT_EQ(set.pictures[1].objects.size(), 1U);
  EXPECT_EQ(set.pictures[1].objects[0].box, (Box{0, 10, 4, 16}));
  EXPECT_TRUE(set.pictures[1].objects[0].difficult);
  const auto error = [&](const std::string& part) {
    return error_of([&] { read_scene(FileSet(folder.path()), part, 1); });
  };
  EXPECT_THAT(error("1..5"), HasSubstr("frames/00000004.png: is missing"));
  EXPECT_THAT(error("3..1"), HasSubstr("FIRST..LAST"));
  EXPECT_THAT(error("1..2x"), HasSubstr("FIRST..LAST"));
  folder.write("truth.csv", "row,left,top,width,height,area,visible,class\n1,x,2,3,4,5,6,c\n");
  EXPECT_THAT(error("1..2"), AllOf(HasSubstr("truth.csv: line 2"), HasSubstr("'left' is no integer")));
  // A column twice: the fields of a row are fewer than the places of the columns.
  folder.write("truth.csv", "row,left,top,width,height,area,visible,class,class\n1,1,2,3,4,5,6,c\n1,1,2,3,4,5,6,c,d\n");
  EXPECT_THAT(error("1..2"), AllOf(HasSubstr("truth.csv: "), HasSubstr("the column 'class' twice")));
  folder.write("truth.csv", "row,left,top,width,height,area,visible,class\n1,1,2,3,4,5,9000000000000000000,c\n");
  EXPECT_THAT(error("1..2"), HasSubstr("'visible' is no integer"));
  EXPECT_THAT(error("1..9000000000000000000/9000000000000000000"), HasSubstr("FIRST..LAST"));
  folder.write("truth.csv", "row,left,top,width,height,area,visible,class\n1,1,2,3,4,5,6,\"'=a, b\"\n");
  EXPECT_THAT(read_scene(FileSet(folder.path()), "1..2", 1).classes, ElementsAre("=a, b"));
  folder.write("truth.csv", "row,left\n");
  EXPECT_THAT(error("1..2"), HasSubstr("no column 'top'"));
}

TEST(CalibrationImages, ArePreprocessedInTheNetworksOrder) {
  const DataFolder folder;
  cv::Mat image(2, 2, CV_8UC3, cv::Scalar(30, 20, 10));  // B, G, R
  image.at<cv::Vec3b>(1, 0) = {33, 22, 11};
  cv::imwrite(folder.path("one.png"), image);
  Preprocessing p;
  p.channels = Preprocessing::Channels::rgb;
  p.mean = {1, 2, 3};
  p.factor = {1, 0.5F, 2};
  const CalibrationImages rgb = read_calibration_images(folder.path("one.png"), {1, 3, 2, 2}, p, 10);
  EXPECT_EQ(rgb.count, 1);
  EXPECT_THAT(rgb.values, ElementsAre(9, 9, 10, 9, 9, 9, 10, 9, 54, 54, 60, 54));
  p.channels = Preprocessing::Channels::bgr;
  EXPECT_THAT(read_calibration_images(folder.path(), {1, 3, 2, 2}, p, 10).values,
              ElementsAre(29, 29, 32, 29, 9, 9, 10, 9, 14, 14, 16, 14));
  EXPECT_THAT(error_of([&] {
                read_calibration_images(folder.path(), {1, 1, 2, 2}, p, 10);
              }),
              HasSubstr("takes 1 channels, the preprocessing speaks of 3"));
}

TEST(CalibrationImages, AreSpreadOverTheData) {
  const DataFolder folder;
  for (int i = 0; i < 9; ++i)
    folder.write_picture("class" + std::to_string(i % 3) + "/" + std::to_string(i) + ".png", 4, 4, i);
  Preprocessing p;
  p.factor = {1, 1, 1};
  const CalibrationImages images = read_calibration_images(folder.path(), {1, 1, 4, 4}, p, 3);
  EXPECT_EQ(images.available, 9);
  ASSERT_EQ(images.values.size(), 3U * 16);
  EXPECT_EQ(images.values[0], 0);
  EXPECT_EQ(images.values[16], 1);  // class1/1.png
  EXPECT_EQ(images.values[32], 2);
}

TEST(DigitSheet, CutsTheSheet) {
  const DataFolder folder;
  cv::Mat sheet(1000, 2000, CV_8U);
  for (int r = 0; r < sheet.rows; ++r)
    for (int c = 0; c < sheet.cols; ++c) sheet.at<uint8_t>(r, c) = static_cast<uint8_t>(r / 20 + c / 20);
  cv::imwrite(folder.path("digits.png"), sheet);
  const DigitSheet digits = read_digit_sheet(folder.path());
  EXPECT_EQ(digits.train.count, 4000);
  EXPECT_EQ(digits.test.count, 1000);
  EXPECT_EQ(digits.test.labels[19], 0);
  EXPECT_EQ(digits.test.labels[100], 1);
  const auto pixel = [](const LabelledImages& images, size_t i, int r, int c) {
    return images.pixels[i * 784 + static_cast<size_t>(r) * 28 + static_cast<size_t>(c)];
  };
  EXPECT_EQ(pixel(digits.train, 81, 3, 10), 0);
  EXPECT_EQ(pixel(digits.train, 81, 4, 4), 1 + 1);
  EXPECT_EQ(pixel(digits.test, 21, 23, 23), 1 + 81);
  folder.write_picture("other.png", 20, 20);
  EXPECT_THAT(error_of([&] { read_digit_sheet(folder.path("other.png")); }), HasSubstr("expected 2000 x 1000"));
}

}  // namespace
}  // namespace flashcell::quant

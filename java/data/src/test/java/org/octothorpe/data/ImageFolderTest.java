package org.octothorpe.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.octothorpe.data.faults.BadSamples;
import org.octothorpe.data.samples.Sample;
import org.octothorpe.data.testing.TestImages;

/** Folders of images with a list of their tags. */
class ImageFolderTest {
  @TempDir Path dir;

  private final List<String> named = new ArrayList<>();

  private Samples open() throws IOException {
    return Samples.open(List.of(dir.toString()), new BadSamples(1, named::add));
  }

  private void image(String name) throws IOException {
    Files.createDirectories(dir.resolve(name).getParent());
    Files.write(dir.resolve(name), TestImages.jpeg(20, 10, 1));
  }

  @Test
  void csvNamesFilesAndTags() throws IOException {
    image("images/a.jpg");
    image("b, c.jpg");
    Files.writeString(
        dir.resolve("labels.csv"),
        "\uFEFFsplit,File,objects\r\n"
            + "train,images/a.jpg,potted plant;Vase;;potted plant\n\n"
            + "val,\"b, c.jpg\",\"say \"\"hi\"\"\"\n");
    Samples samples = open();
    assertThat(samples.all()).extracting(Sample::name).containsExactly("images/a.jpg", "b, c.jpg");
    assertThat(samples.get(0).tags()).containsExactly("pottedplant", "vase");
    assertThat(samples.get(1).tags()).containsExactly("say\"hi\"");
    assertThat(samples.get(0).bytes()).isEqualTo((int) Files.size(dir.resolve("images/a.jpg")));
    assertThat(samples.get(0).where()).isEqualTo(dir.resolve("images/a.jpg").toString());
  }

  @Test
  void jsonLinesNameFilesAndTags() throws IOException {
    image("a.jpg");
    Files.writeString(
        dir.resolve("tags.jsonl"), "{\"file\": \"a.jpg\", \"tags\": [\"#Sunset\", \"sea\"]}\n");
    assertThat(open().get(0).tags()).containsExactly("sunset", "sea");
  }

  @Test
  void badLinesAreNamed() throws IOException {
    image("a.jpg");
    Files.write(
        dir.resolve("labels.csv"),
        List.of(
            "file,tags",
            "a.jpg,x",
            "../up.jpg,x",
            "/etc/passwd,x",
            "none.jpg,x",
            "a.jpg,y",
            "onlyone",
            "\"open,x",
            "a\"b,x"));
    assertThat(open().size()).isEqualTo(1);
    String list = dir.resolve("labels.csv") + ": line ";
    assertThat(named)
        .containsExactly(
            list + "3: the file name '../up.jpg' leads outside the folder",
            list + "4: the file name '/etc/passwd' leads outside the folder",
            list + "5: there is no file " + dir.resolve("none.jpg"),
            list + "6: the file a.jpg occurs twice",
            list + "7: it has 1 field, but the header has 2",
            list + "8: the quote at column 1 is not closed",
            list + "9: there is no file " + dir.resolve("a\"b"));
  }

  @Test
  void badJsonLinesAreNamed() throws IOException {
    image("a.jpg");
    Files.writeString(
        dir.resolve("tags.jsonl"),
        "{\"file\": \"a.jpg\", \"tags\": []}\nno\n{\"tags\": []}\n{\"file\": \"a.jpg\"}\n");
    assertThat(open().size()).isEqualTo(1);
    assertThat(named).hasSize(3);
    assertThat(named.get(0)).startsWith(dir.resolve("tags.jsonl") + ": line 2: it is not JSON");
    assertThat(named.get(1)).endsWith("line 3: it has no string \"file\"");
    assertThat(named.get(2)).endsWith("line 4: it has neither \"tags\" nor \"caption\"");
  }

  @Test
  void listsOfAnotherKindAreRefused() throws IOException {
    Files.writeString(dir.resolve("labels.csv"), "name,tags\n");
    assertThatThrownBy(this::open)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(
            "must name the columns file and tags (or objects, or caption), but is 'name,tags'");
    Files.writeString(dir.resolve("labels.csv"), "file,tags\n");
    assertThatThrownBy(this::open).hasMessageContaining("the data set is empty");
  }
}

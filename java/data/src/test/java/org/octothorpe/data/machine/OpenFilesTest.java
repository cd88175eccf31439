package org.octothorpe.data.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.octothorpe.data.augment.Augmentation;
import org.octothorpe.data.faults.UnreadableDataException;
import org.octothorpe.data.images.ImageReader;
import org.octothorpe.data.images.PixelBuffer;
import org.octothorpe.data.samples.Sample;
import org.octothorpe.data.testing.TestImages;
import org.octothorpe.random.Philox;

/** Files that threads share, also where the process may have few of them open. */
@Timeout(60)
class OpenFilesTest {
  private static final int FILES = 40;

  @TempDir Path dir;
  private final List<Path> paths = new ArrayList<>();

  @BeforeEach
  void write() throws IOException {
    for (int i = 0; i < FILES; i++) {
      paths.add(Files.write(dir.resolve("f" + i), new byte[] {1, (byte) i, 3}));
    }
  }

  private static int read(OpenFiles files, Path path) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(2);
    files.read(path, 1, buffer);
    assertThat(buffer.get(1)).isEqualTo((byte) 3);
    return buffer.get(0);
  }

  /** Reads from several threads; returns the first failure. */
  private @Nullable Throwable readAll(OpenFiles files, int threads, int reads)
      throws InterruptedException {
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>(null);
    List<Thread> all = new ArrayList<>();
    for (int t = 0; t < threads; t++) {
      Philox random = Philox.of(t, "reads");
      Thread thread =
          new Thread(
              () -> {
                files.enter();
                try {
                  for (int i = 0; i < reads; i++) {
                    int file = random.nextInt(FILES);
                    assertThat(read(files, paths.get(file))).isEqualTo(file);
                  }
                } catch (Throwable e) {
                  failure.compareAndSet(null, e);
                } finally {
                  files.leave();
                }
              });
      all.add(thread);
      thread.start();
    }
    for (Thread thread : all) {
      thread.join();
    }
    return failure.get();
  }

  private static long openIn(Path folder) throws IOException {
    Path real = folder.toRealPath();
    try (var open = Files.list(Path.of("/proc/self/fd"))) {
      return open.filter(
              fd -> {
                try {
                  return Files.readSymbolicLink(fd).startsWith(real);
                } catch (IOException e) {
                  return false; // closed since it was listed
                }
              })
          .count();
    }
  }

  @Test
  void threadsShareFilesWithinTheBoundAndTheLastClosesThem() throws Exception {
    OpenFiles files = new OpenFiles(7);
    files.enter();
    assertThat(readAll(files, 5, 2_000)).isNull();
    assertThat(files.open()).isEqualTo(7);
    assertThat(openIn(dir)).isEqualTo(7);
    files.leave();
    assertThat(files.open()).isZero();
    assertThat(openIn(dir)).isZero();
    read(files, paths.get(0)); // by somebody who never entered
    assertThat(openIn(dir)).isZero();
  }

  @Test
  void aShareOfTheLimitIsLeftToTheRest() {
    assertThat(OpenFiles.share(256)).isEqualTo(64);
    assertThat(OpenFiles.share(1024)).isEqualTo(448);
    assertThat(OpenFiles.share(Long.MAX_VALUE)).isEqualTo(1024);
    assertThat(OpenFiles.share(100)).isEqualTo(1);
  }

  /** Opens files as a process may that has a limit. */
  private static OpenFiles limited(int limit, AtomicInteger refused, List<FileChannel> opened) {
    return new OpenFiles(
        1000,
        path -> {
          synchronized (opened) {
            opened.removeIf(file -> !file.isOpen());
            if (opened.size() >= limit) {
              refused.incrementAndGet();
              throw new FileSystemException(path.toString(), null, "Too many open files");
            }
            FileChannel file = FileChannel.open(path);
            opened.add(file);
            return file;
          }
        });
  }

  @Test
  void whereTheLimitIsReachedIdleFilesAreClosedAndReadersWait() throws Exception {
    for (int limit : new int[] {1, 3, 10}) {
      AtomicInteger refused = new AtomicInteger();
      assertThat(readAll(limited(limit, refused, new ArrayList<>()), 4, 300)).isNull();
      assertThat(refused.get()).isPositive();
    }
  }

  @Test
  void aLimitThatStaysIsNamedAndIsNoBadImage() {
    OpenFiles files = limited(0, new AtomicInteger(), new ArrayList<>());
    assertThatThrownBy(() -> read(files, paths.get(0)))
        .isInstanceOf(UnreadableDataException.class)
        .hasMessageContaining(paths.get(0) + " cannot be opened: this process may have")
        .hasMessageContaining("ulimit -n")
        .hasMessageContaining("--loader-threads");
    Sample sample = new Sample(paths.get(0), "x.jpg", 0, 3, List.of(), 0);
    PixelBuffer pixels = PixelBuffer.ofSize(8);
    try (ImageReader reader = new ImageReader(8, Augmentation.centerCrop(), files)) {
      assertThatThrownBy(() -> reader.read(sample, Philox.of(1, "x"), pixels))
          .isInstanceOf(UnreadableDataException.class);
    }
  }

  @Test
  void aFileThatEndsOrIsNotThereSaysSoAndAStaleHandleIsOpenedAnew() throws Exception {
    OpenFiles files = new OpenFiles(4);
    files.enter();
    ByteBuffer much = ByteBuffer.allocate(9);
    assertThatThrownBy(() -> files.read(paths.get(0), 1, much))
        .isInstanceOf(EOFException.class)
        .hasMessage("the file ends at byte 3");
    assertThatThrownBy(() -> files.read(dir.resolve("none"), 0, ByteBuffer.allocate(1)))
        .isInstanceOf(NoSuchFileException.class);
    List<FileChannel> opened = new ArrayList<>();
    OpenFiles stale = limited(9, new AtomicInteger(), opened);
    stale.enter();
    read(stale, paths.get(1));
    opened.get(0).close();
    assertThat(read(stale, paths.get(1))).isEqualTo(1);
    stale.leave();
    files.leave();
  }

  @Test
  void aShardThatVanishesEndsTheReadingAndAnImageOfItsOwnIsBad() throws Exception {
    byte[] jpeg = TestImages.jpeg(8, 8, 1);
    Path shard = Files.write(dir.resolve("s.tar"), jpeg);
    Path image = Files.write(dir.resolve("i.jpg"), jpeg);
    Path folder = Files.createDirectory(dir.resolve("folder"));
    Sample inShard = new Sample(shard, "a/b.jpg", 0, jpeg.length, List.of(), 0);
    Sample ofItsOwn = new Sample(image, "i.jpg", 0, jpeg.length, List.of(), 0);
    Sample inFolder = new Sample(folder.resolve("i.jpg"), "i.jpg", 0, jpeg.length, List.of(), 0);
    Philox random = Philox.of(1, "x");
    PixelBuffer pixels = PixelBuffer.ofSize(8);
    try (ImageReader reader = new ImageReader(8, Augmentation.centerCrop(), new OpenFiles(1))) {
      reader.read(inShard, random, pixels);
      reader.read(ofItsOwn, random, pixels); // closes the shard
      Files.delete(shard);
      assertThatThrownBy(() -> reader.read(inShard, random, pixels))
          .isInstanceOf(UnreadableDataException.class)
          .hasMessage(
              shard
                  + " cannot be read any more: there is no such file; it was there when the data"
                  + " were indexed");
      assertThatThrownBy(() -> reader.read(inFolder, random, pixels))
          .isInstanceOf(ImageReader.UnusableImage.class)
          .hasMessage("it cannot be read: there is no such file");
      Files.delete(folder);
      assertThatThrownBy(() -> reader.read(inFolder, random, pixels))
          .isInstanceOf(UnreadableDataException.class)
          .hasMessageStartingWith(folder + " cannot be read any more");
    }
  }
}

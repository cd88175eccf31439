package org.octothorpe.io;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Weights that PyTorch saved, in the zip format (since 1.6) or the one before it, alone or in a
 * training checkpoint; no code of the file runs.
 *
 * <p>{@link WeightsChoice} finds the weights among what else a checkpoint holds. A tensor that lies
 * in order in the file is a view of the mapped file; others are gathered.
 */
public final class Pth {
  private static final int ZIP = 0x04034b50;
  private static final int PICKLE = 0x80;
  private static final BigInteger LEGACY_MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
  private static final long LEGACY_PROTOCOL = 1001;

  /** The longest pickle, in bytes: that of 829 million parameters in 626 tensors has 0.1 MB. */
  private static final long MAX_PICKLE = 1 << 26;

  /** The records of an archive that a message names. */
  private static final int NAMED = 5;

  private final MappedFile file;
  private final @Nullable String name;
  private final Map<String, ByteBuffer> storages = new HashMap<>();

  /**
   * Gathering makes copies; sound files need at most one of each element, or two with shared
   * storages.
   */
  private long gatheredBytes;

  private Pth(MappedFile file, @Nullable String name) {
    this.file = file;
    this.name = name;
  }

  /** Reads the likeliest weights of a file; see {@link #read(Path, String)}. */
  public static StateDict read(Path path) throws IOException {
    return read(path, null);
  }

  /**
   * Reads weights.
   *
   * @param name which, where a file holds several: the entry under which they are, such as {@code
   *     model_ema}, or what their keys start with; null for the likeliest
   * @throws CorruptFileException if the file is damaged or holds no weights; it says what
   */
  public static StateDict read(Path path, @Nullable String name) throws IOException {
    try (MappedFile file = MappedFile.open(path)) {
      Pth pth = new Pth(file, name);
      int magic = file.size() < 4 ? 0 : file.slice(0, 4).getInt(0);
      if (magic == ZIP) {
        return pth.readZip();
      }
      if ((magic & 0xff) == PICKLE) {
        return pth.readLegacy();
      }
      throw pth.corrupt(
          "this is not a PyTorch file: it starts neither as a zip archive nor as a pickle");
    }
  }

  private StateDict readZip() throws IOException {
    StoredZip zip = StoredZip.open(file);
    if (zip.names().stream().anyMatch(record -> record.matches("[^/]+/constants\\.pkl"))) {
      throw corrupt(
          "this is a TorchScript program, not weights; save those in Python:"
              + " torch.save(torch.jit.load(FILE).state_dict(), OTHER_FILE)");
    }
    List<String> pickles =
        zip.names().stream().filter(record -> record.matches("[^/]+/data\\.pkl")).toList();
    if (pickles.size() != 1) {
      throw corrupt(
          String.format(
              Locale.ROOT,
              "a PyTorch archive must have one record NAME/data.pkl, but this has %d among %s",
              pickles.size(),
              zip.names().stream().limit(NAMED).toList()));
    }
    String folder = pickles.get(0).substring(0, pickles.get(0).length() - "data.pkl".length());
    if (zip.names().contains(folder + "byteorder")) {
      String order = StandardCharsets.UTF_8.decode(zip.read(folder + "byteorder")).toString();
      if (!order.equals("little")) {
        throw corrupt("byte order is '" + order + "', must be 'little'");
      }
    }
    ByteBuffer pickle = zip.read(pickles.get(0));
    if (pickle.remaining() > MAX_PICKLE) {
      throw corrupt(
          String.format(
              Locale.ROOT,
              "the pickle has %d bytes, must be at most %d",
              pickle.remaining(),
              MAX_PICKLE));
    }
    WeightsChoice choice = choose(new Unpickler(file.path(), pickle).read());
    for (PickledTensor tensor : choice.tensors().values()) {
      String key = tensor.storage().key();
      if (!storages.containsKey(key)) {
        storages.put(key, zip.read(folder + "data/" + key));
      }
    }
    return gather(choice);
  }

  private StateDict readLegacy() throws IOException {
    ByteBuffer input = file.slice(0, Math.min(file.size(), MAX_PICKLE));
    if (!readValue(input).equals(LEGACY_MAGIC)) {
      throw corrupt(
          "this is a pickle, but not one of PyTorch (the magic number is wrong); save the weights"
              + " by torch.save");
    }
    if (!readValue(input).equals(LEGACY_PROTOCOL)) {
      throw corrupt("the PyTorch protocol must be " + LEGACY_PROTOCOL);
    }
    if (!(readValue(input) instanceof Map<?, ?> system)
        || !Boolean.TRUE.equals(system.get("little_endian"))) {
      throw corrupt("the file must have been written on a little-endian machine");
    }
    Unpickler unpickler = new Unpickler(file.path(), input);
    WeightsChoice choice = choose(unpickler.read());
    Set<String> needed = new HashSet<>();
    choice.tensors().values().forEach(tensor -> needed.add(tensor.storage().key()));
    if (!(readValue(input) instanceof List<?> keys)) {
      throw corrupt("the list of storages is missing");
    }
    long position = input.position();
    for (Object item : keys) {
      PickledTensor.Storage storage =
          item instanceof String key ? unpickler.storages().get(key) : null;
      if (storage == null) {
        throw corrupt("no tensor names the storage with key " + WeightsChoice.kind(item));
      }
      long elements = file.slice(position, Long.BYTES).getLong(0);
      if (elements != storage.elements()) {
        throw corrupt(
            String.format(
                Locale.ROOT,
                "storage '%s' has %d elements, but its tensor says %d",
                storage.key(),
                elements,
                storage.elements()));
      }
      position += Long.BYTES;
      if (needed.contains(storage.key())) {
        storages.put(storage.key(), file.slice(position, storage.bytes()));
      }
      position += storage.bytes();
      if (position > file.size()) {
        throw corrupt(
            String.format(
                Locale.ROOT,
                "storage '%s' ends at byte %d, but the file has %d: it was cut",
                storage.key(),
                position,
                file.size()));
      }
    }
    return gather(choice);
  }

  private Object readValue(ByteBuffer input) throws IOException {
    return new Unpickler(file.path(), input).read();
  }

  private WeightsChoice choose(Object root) throws IOException {
    return WeightsChoice.of(file.path(), root, name);
  }

  private StateDict gather(WeightsChoice choice) throws IOException {
    Map<String, HostTensor> result = new LinkedHashMap<>();
    for (Map.Entry<String, PickledTensor> entry : choice.tensors().entrySet()) {
      PickledTensor tensor = entry.getValue();
      PickledTensor.Storage storage = tensor.storage();
      ByteBuffer bytes = storages.get(storage.key());
      if (bytes == null || bytes.capacity() != storage.bytes()) {
        throw corrupt(
            String.format(
                Locale.ROOT,
                "tensor '%s' needs storage '%s' of %d bytes, but the file has %s",
                entry.getKey(),
                storage.key(),
                storage.bytes(),
                bytes == null ? "none" : bytes.capacity()));
      }
      gatheredBytes += tensor.isContiguous() ? 0 : tensor.bytes();
      if (gatheredBytes > 2 * file.size()) {
        throw corrupt("its strided tensors exceed twice the file of " + file.size() + " bytes");
      }
      result.put(entry.getKey().substring(choice.prefix().length()), tensor.read(bytes));
    }
    return new StateDict(file.path().toString(), result, choice.others(), choice.remarks());
  }

  private CorruptFileException corrupt(String reason) {
    return new CorruptFileException(file.path(), reason);
  }
}

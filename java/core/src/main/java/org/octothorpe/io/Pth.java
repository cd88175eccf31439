package org.octothorpe.io;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * State dicts that PyTorch saved, in the zip format (since 1.6) or the one before it; no code of
 * the file runs.
 *
 * <p>A state dict under {@code state_dict}, {@code model_state_dict} or {@code model} of a larger
 * dict is found. A tensor that lies in order in the file is a view of the mapped file; others are
 * gathered.
 */
public final class Pth {
  private static final int ZIP = 0x04034b50;
  private static final int PICKLE = 0x80;
  private static final BigInteger LEGACY_MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
  private static final long LEGACY_PROTOCOL = 1001;

  /** The longest pickle, in bytes: that of 829 million parameters in 626 tensors has 0.1 MB. */
  private static final long MAX_PICKLE = 1 << 26;

  private static final int MAX_NESTING = 4;

  private final MappedFile file;
  private final Map<String, ByteBuffer> storages = new HashMap<>();

  /**
   * Gathering makes copies; sound files need at most one of each element, or two with shared
   * storages.
   */
  private long gatheredBytes;

  private Pth(MappedFile file) {
    this.file = file;
  }

  /**
   * Reads a state dict.
   *
   * @throws CorruptFileException if the file is damaged or holds anything but tensors by name; it
   *     says what
   */
  public static StateDict read(Path path) throws IOException {
    try (MappedFile file = MappedFile.open(path)) {
      Pth pth = new Pth(file);
      int magic = file.size() < 4 ? 0 : file.slice(0, 4).getInt(0);
      if (magic == ZIP) {
        return pth.readZip();
      }
      if ((magic & 0xff) == PICKLE) {
        return pth.readLegacy();
      }
      throw pth.corrupt("no PyTorch file: it starts neither as a zip archive nor as a pickle");
    }
  }

  private StateDict readZip() throws IOException {
    StoredZip zip = StoredZip.open(file);
    List<String> pickles =
        zip.names().stream().filter(name -> name.matches("[^/]+/data\\.pkl")).toList();
    if (pickles.size() != 1) {
      throw corrupt("the archive must have one record NAME/data.pkl, but has " + pickles.size());
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
    Map<String, PickledTensor> tensors = tensors(new Unpickler(file.path(), pickle).read());
    for (PickledTensor tensor : tensors.values()) {
      String key = tensor.storage().key();
      if (!storages.containsKey(key)) {
        storages.put(key, zip.read(folder + "data/" + key));
      }
    }
    return gather(tensors);
  }

  private StateDict readLegacy() throws IOException {
    ByteBuffer input = file.slice(0, Math.min(file.size(), MAX_PICKLE));
    if (!readValue(input).equals(LEGACY_MAGIC)) {
      throw corrupt("a pickle, but not one of PyTorch: the magic number is wrong");
    }
    if (!readValue(input).equals(LEGACY_PROTOCOL)) {
      throw corrupt("the PyTorch protocol must be " + LEGACY_PROTOCOL);
    }
    if (!(readValue(input) instanceof Map<?, ?> system)
        || !Boolean.TRUE.equals(system.get("little_endian"))) {
      throw corrupt("the file must have been written on a little-endian machine");
    }
    Unpickler unpickler = new Unpickler(file.path(), input);
    Map<String, PickledTensor> tensors = tensors(unpickler.read());
    if (!(readValue(input) instanceof List<?> keys)) {
      throw corrupt("the list of storages is missing");
    }
    long position = input.position();
    for (Object item : keys) {
      PickledTensor.Storage storage =
          item instanceof String key ? unpickler.storages().get(key) : null;
      if (storage == null) {
        throw corrupt("no tensor names the storage with key " + kind(item));
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
      storages.put(storage.key(), file.slice(position + Long.BYTES, storage.bytes()));
      position += Long.BYTES + storage.bytes();
    }
    return gather(tensors);
  }

  private Object readValue(ByteBuffer input) throws IOException {
    return new Unpickler(file.path(), input).read();
  }

  private StateDict gather(Map<String, PickledTensor> tensors) throws IOException {
    Map<String, HostTensor> result = new LinkedHashMap<>();
    for (Map.Entry<String, PickledTensor> entry : tensors.entrySet()) {
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
      result.put(entry.getKey(), tensor.read(bytes));
    }
    return StateDict.of(file.path().toString(), result);
  }

  private Map<String, PickledTensor> tensors(Object root) throws IOException {
    Object dict = root;
    for (int depth = 0; depth < MAX_NESTING && dict instanceof Map<?, ?> map; depth++) {
      for (String key : List.of("state_dict", "model_state_dict", "model")) {
        if (map.get(key) instanceof Map<?, ?> inner) {
          dict = inner;
          break;
        }
      }
    }
    if (!(dict instanceof Map<?, ?> map)) {
      throw corrupt("the file holds " + kind(dict) + ", must hold a dict of tensors");
    }
    Map<String, PickledTensor> tensors = new LinkedHashMap<>();
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      if (!(entry.getKey() instanceof String key)
          || !(entry.getValue() instanceof PickledTensor tensor)) {
        throw corrupt(
            String.format(
                Locale.ROOT,
                "'%s' holds %s, must be a tensor",
                entry.getKey(),
                kind(entry.getValue())));
      }
      tensors.put(key, tensor);
    }
    return tensors;
  }

  /** Names a value without walking into it. */
  private static String kind(Object value) {
    if (value instanceof Map) {
      return "a dict";
    }
    if (value instanceof List || value instanceof TorchGlobals.Tuple) {
      return "a list";
    }
    return value instanceof String ? "a text" : String.valueOf(value);
  }

  private CorruptFileException corrupt(String reason) {
    return new CorruptFileException(file.path(), reason);
  }
}

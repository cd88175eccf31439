package com.example;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.Shape;
import org.octothorpe.data.Samples;
import org.octothorpe.data.Vocabulary;
import org.octothorpe.data.loading.LoaderOptions;
import org.octothorpe.models.ResNeXt;
import org.octothorpe.models.Stem;
import org.octothorpe.train.Schedule;
import org.octothorpe.train.Trainer;

/** Training: a small network on a folder of hashtagged images. */
final class Pretrain {
  private static final int BATCH = 8;
  private static final int SIZE = 32;

  private Pretrain() {}

  /** Returns a network that is small enough for a test: 26 layers, a quarter of the usual width. */
  static ResNeXt network(int classes) {
    return ResNeXt.resnext26_32x4d(classes)
        .withStem(Stem.SMALL)
        .withWidth(16, List.of(16, 32, 64, 128));
  }

  /** Trains on the images of a folder, writes a checkpoint, and returns the loss of every step. */
  static List<Double> run(Path folder, Path checkpoint, long images) throws IOException {
    var samples = Samples.open(folder.toString());
    var data = samples.labeled(Vocabulary.top(100, samples));
    var schedule = Schedule.cosine(0.05, 0, images);
    var losses = new ArrayList<Double>();
    try (var device = Device.open("cpu");
        var net = network(data.classes()).on(device).initialize(7);
        var trainer = Trainer.of(net, Shape.nhwc(BATCH, SIZE, SIZE, 3), DType.F32);
        var batches = LoaderOptions.of(data, BATCH).withImageSize(SIZE).withSeed(7).open()) {
      for (var batch : batches) {
        losses.add(trainer.step(batch, schedule.at(trainer.images())));
        if (trainer.images() >= images) {
          break;
        }
      }
      net.save(checkpoint);
    }
    return losses;
  }
}

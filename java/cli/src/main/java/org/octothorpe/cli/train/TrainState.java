package org.octothorpe.cli.train;

/**
 * What a checkpoint keeps beside tensors. Order, augmentation and schedule are functions of the
 * seed and of the images processed, so that these few numbers are all.
 *
 * @param images images processed
 * @param step steps taken
 * @param trainedBatches batches that the running statistics have seen
 * @param dataImages images of the data set, to notice when it changes
 * @param seed the run's seed
 */
record TrainState(long images, long step, long trainedBatches, long dataImages, long seed) {}

import test from 'ava'
import { onTimescale, timescaleDatabase } from '../support/timescale-database.ts'
import { killedSinkContract } from './killed-sink.contract.ts'

killedSinkContract(onTimescale(test), timescaleDatabase)
